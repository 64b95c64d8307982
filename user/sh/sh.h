/*
 * The shell.  One command line goes through these files, each calling only those before it in the list:
 *
 *     memory      strings and trees that live as long as one command
 *     aliases     words that stand for commands
 *     variables   the shell's variables, functions and positional parameters
 *     history     lines typed before
 *     notify, edit, complete   a line typed on a terminal
 *     source      characters: from a string, a file, a terminal
 *     lexer       tokens; a word keeps its quotes and dollars as written
 *     parser      the tree of one complete command
 *     pattern     file names from patterns
 *     arithmetic  $((...))
 *     fields      splitting into arguments
 *     expand      words to arguments: $..., patterns, quotes
 *     redirect    < > >> 2>&1 <<
 *     describe    commands as text, for messages
 *     statuses    of background processes that are over
 *     jobs        process groups, the terminal, waiting
 *     hash        where programs are
 *     command     functions, builtins, programs
 *     execute     the tree
 *     builtins, directory, fc, getopts, kill, limits, lookup, test, text_builtins, traps   commands inside the shell
 *     main        options, the loop
 */
#ifndef CLOCKHAND_SH_H
#define CLOCKHAND_SH_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* --- the tree --- */

struct word {
    struct word *next;
    const char *text; /* as written */
};

enum redirect_kind {
    REDIRECT_IN,
    REDIRECT_OUT,
    REDIRECT_CLOBBER,
    REDIRECT_APPEND,
    REDIRECT_BOTH,
    REDIRECT_DUP,
    REDIRECT_HERE
};

struct redirect {
    struct redirect *next;
    struct redirect *here_next; /* while its text is still to be read */
    enum redirect_kind kind;
    int descriptor;
    const char *target; /* a word; for REDIRECT_HERE the delimiter while parsing, then the text */
    bool literal;       /* REDIRECT_HERE: the delimiter was quoted */
    bool strip;         /* <<- */
};

struct case_item {
    struct case_item *next;
    struct word *patterns;
    struct node *body;
};

enum node_kind {
    NODE_COMMAND,    /* assignments words */
    NODE_PIPE,       /* left | right */
    NODE_AND,        /* left && right */
    NODE_OR,         /* left || right */
    NODE_SEQUENCE,   /* left ; right */
    NODE_BACKGROUND, /* left & */
    NODE_NOT,        /* ! left */
    NODE_SUBSHELL,   /* ( left ) */
    NODE_GROUP,      /* { left } */
    NODE_IF,         /* if left then right else other */
    NODE_WHILE,      /* while left do right */
    NODE_UNTIL,      /* until left do right */
    NODE_FOR,        /* for name in words do left */
    NODE_CASE,       /* case words in items */
    NODE_FUNCTION,   /* name ( ) left */
};

struct node {
    enum node_kind kind;
    struct node *left, *right, *other;
    struct word *words, *assignments;
    struct redirect *redirects;
    struct case_item *items;
    const char *name;
    bool has_words; /* NODE_FOR: "in" was given */
};

/* --- the shell's state --- */

enum jump { JUMP_NONE, JUMP_BREAK, JUMP_CONTINUE, JUMP_RETURN, JUMP_EXIT };

struct shell {
    int status;              /* $? */
    int substitution_status; /* of the last $(...) */
    pid_t id;                /* $$ */
    pid_t last_background;   /* $! */
    const char *name;        /* $0 */
    char **parameters;       /* $1 ...; NULL-terminated, each and the array from malloc */
    int parameter_count;
    bool interactive, monitor;
    bool exit_on_error, no_unset, no_glob, trace, verbose, no_exec, no_clobber, export_all, notify, ignore_end;
    int tested; /* > 0: a failing command is a condition, not an error */
    enum jump jump;
    int jump_levels;
    int loop_depth, function_depth;
    bool failed;    /* an expansion failed: the command must not run */
    bool forgiving; /* `command` runs a builtin: script_fail() ends nothing */
    int terminal;   /* descriptor of the terminal when `monitor` */
    pid_t group;
};

extern struct shell shell;

/* What `set -LETTER` and `set -o name` switch. Ends with letter 0. */
struct shell_option {
    char letter;
    const char *name;
    bool *flag;
};

extern const struct shell_option shell_options[];

/* --- memory --- */

/* Everything allocated after a mark goes when it is released. */
struct arena_mark {
    void *chunk;
    size_t used;
};

void *arena_allocate(size_t size);
char *arena_text(const char *text, size_t length);
struct arena_mark arena_mark(void);
void arena_release(struct arena_mark mark);

/* A string that grows, in malloc memory. */
struct text {
    char *data;
    size_t length, size;
};

void text_add(struct text *text, char character);
void text_append(struct text *text, const char *from, size_t length);
/* Its contents in the arena; the string itself is freed. */
char *text_finish(struct text *text);
/* A tree that outlives the command: copied to memory that is never freed, because it may be running when it is replaced. */
struct node *node_copy(const struct node *node);

/* malloc and strdup that end the shell when there is no memory. */
void *memory_get(size_t size);
char *memory_text(const char *text);

/* --- variables --- */

void variables_init(void);
/* NULL when not set. */
const char *variable_get(const char *name);
/* 0, or 1 with a message for a read-only one. */
int variable_set(const char *name, const char *value);
int variable_unset(const char *name);
void variable_export(const char *name);
void variable_readonly(const char *name);
/* Remembers a variable's value until the function returns. */
void variable_local(const char *name);
void locals_restore(int depth);
bool name_valid(const char *name, size_t length);
/* NAME=value strings of the exported ones, in malloc memory. */
char **variables_environment(void);
/* Prints them all as commands; only exported or read-only ones with a prefix such as "export ". */
void variables_print(const char *prefix);

struct node *function_get(const char *name);
void function_set(const char *name, const struct node *body);
void function_unset(const char *name);
void parameters_set(char **arguments, int count);

/* --- aliases --- */

/* What the name stands for, or NULL. */
const char *alias_get(const char *name);
int builtin_alias(char **arguments);
int builtin_unalias(char **arguments);

/* --- history --- */

/* A line without its newline; not an empty one, nor the last one again. */
void history_add(const char *text, size_t length);
void history_drop_last(void);
/* The numbers of the lines that are remembered: the first is behind the last when there are none. */
int history_first(void);
int history_last(void);
/* NULL when the line is not remembered. It stays until the next line is added. */
const char *history_line(int number);
int builtin_fc(char **arguments);

/* --- source --- */

struct source;

struct source *source_of_text(const char *text);
struct source *source_of_descriptor(int descriptor);
struct source *source_of_terminal(void);
void source_close(struct source *source);
/* The next character, or -1; *_peek leaves it there. */
int source_next(struct source *source);
int source_peek(struct source *source);
/* The one after the next, on the same line. */
int source_peek_second(struct source *source);
/* Between these two, every character that source_next gives is also kept in the capture's text. They nest. */
struct capture {
    struct capture *outer;
    struct text text;
};

void source_capture_begin(struct source *source, struct capture *capture);
void source_capture_end(struct source *source);
/* The prompt for further lines is PS2 until this is called. */
void source_command_begin(struct source *source);
int source_line(const struct source *source);
/* The text comes next. False, and it does not, within a capture and when a command has had too many such. */
bool source_insert(struct source *source, const char *text);
/* ^C came since source_command_begin: what was read of the command is worth nothing. */
bool source_interrupted(const struct source *source);
/* True when certainly no further command comes: only blank text is left. */
bool source_is_over(const struct source *source);

/* --- lexer and parser --- */

enum token_kind {
    TOKEN_END,
    TOKEN_NEWLINE,
    TOKEN_WORD,
    TOKEN_SEMICOLON,
    TOKEN_DOUBLE_SEMICOLON,
    TOKEN_AMPERSAND,
    TOKEN_AND,
    TOKEN_OR,
    TOKEN_PIPE,
    TOKEN_OPEN,
    TOKEN_CLOSE,
    TOKEN_REDIRECT,
};

struct token {
    enum token_kind kind;
    const char *text;            /* TOKEN_WORD */
    bool quoted;                 /* a word with any quoting cannot be a keyword */
    enum redirect_kind redirect; /* TOKEN_REDIRECT */
    int descriptor;
    bool strip;
};

struct lexer {
    struct source *source;
    struct token token;    /* the current one */
    struct redirect *here; /* here-documents whose text comes after this line */
    bool failed;
};

void lexer_next(struct lexer *lexer);
void lexer_here_add(struct lexer *lexer, struct redirect *redirect);
void lexer_error(struct lexer *lexer, const char *near);
/* Length of a $... or `...` construct at text, quotes and nesting respected. */
size_t construct_length(const char *text);

/* The commands of $(...) from behind the opening bracket to behind the closing one, for the lexer that finds one in a word. */
void parse_substitution(struct lexer *outer);
/* Whether the word is one of the grammar's, such as if. */
bool keyword_valid(const char *word);
/* One complete command; NULL for an empty line, or at the end (*ended), or after a message (*failed). */
struct node *parse_command(struct source *source, bool *ended, bool *failed);

/* --- expansion --- */

/* The paths that match, sorted, or NULL when none does. In `pattern`, quoted characters are behind backslashes. */
struct word *pattern_paths(const char *pattern);
/* Evaluates; sets shell.failed after a message. */
long arithmetic_evaluate(const char *text);
/* All the fields that a list of words becomes. */
struct word *words_expand(const struct word *words);
/* One field: no splitting, no patterns. */
char *word_expand(const char *text);
/* The same for the value of NAME=value: ~ may stand behind a colon, too. */
char *assignment_expand(const char *text);
/* As word_expand(), quoted characters behind backslashes: for `case` and ${x#pattern}. */
char *word_expand_pattern(const char *text);
/* The text of a here-document. */
char *here_expand(const char *text);

/* --- redirection --- */

/* What descriptors were before. */
struct saved_descriptor {
    struct saved_descriptor *next;
    int descriptor, copy; /* copy -1: was closed */
};

/* 0, or 1 after a message. With `saved`, remembers in the arena what to undo. */
int redirects_apply(const struct redirect *redirects, struct saved_descriptor **saved);
void redirects_undo(struct saved_descriptor *saved);

/* --- jobs --- */

struct job;

/* Before the first process of a pipeline. */
struct job *job_new(const char *text);
/* In the parent and in the child after fork. */
void job_process_add(struct job *job, pid_t process);
void job_child_begin(struct job *job, bool foreground);
/* Waits for a foreground job; returns its status. */
int job_wait(struct job *job);
/* Makes it a background job, with "[1] 123" on a terminal. */
void job_background(struct job *job);
/* On a terminal: what has changed in the background, with `before` ahead of the first line; whether there was anything. */
bool jobs_report(const char *before);
/* The process group of the job called "%...", or -1 after a message in the name of the command. */
pid_t job_group(const char *name, const char *command, bool *stopped);
void jobs_forget(void);
void jobs_init(void);
/* The status of a background process that is no job any more, for `wait`; STATUS_NOT_FOUND if it is not known. */
int status_recall(pid_t process);
void status_remember(pid_t process, int status);
/* Its number is another process's now; 0 for all. */
void status_forget(pid_t process);

enum awaited { AWAITED_INPUT, AWAITED_CHANGE, AWAITED_SIGNAL };

/* Between the first and the last no signal comes but in signal_await(), which returns when a child has changed or one that is trapped came. */
void signals_hold(void);
void signal_await(void);
void signals_release(void);
/* With `set -b`, waits for standard input, a signal (errno is EINTR), or until it has told of a change in the background; otherwise returns
   AWAITED_INPUT at once. */
enum awaited input_await(void);
int builtin_jobs(char **arguments);
int builtin_foreground(char **arguments);
int builtin_background(char **arguments);
int builtin_wait(char **arguments);
int builtin_kill(char **arguments);

/* --- execution --- */

enum { STATUS_ERROR = 2, STATUS_NOT_EXECUTABLE = 126, STATUS_NOT_FOUND = 127 };

/* `last`: this process has nothing else to do, so that a program may replace it. */
int node_execute(const struct node *node, bool last);
int source_execute(struct source *source, bool last);
int text_execute(const char *text, bool last);
/* One simple command. */
int command_execute(const struct node *node, bool last);
/* Reads commands from a file; 127 after a message if it cannot be opened. */
int file_execute(const char *path);
/* Looks the program up in these folders, or in PATH where they are NULL, and runs it: in this process, or in a new one. */
_Noreturn void program_replace(char **arguments, const char *path);
int program_spawn(char **arguments, const char *path);
/* fork for a child that runs part of the script. */
pid_t shell_fork(struct job *job, bool foreground);
/* Output of commands, without the newlines at its end, in the arena. */
char *command_output(const char *text);
/* A short form of the command, for messages. */
const char *node_text(const struct node *node);

typedef int (*builtin_t)(char **arguments);

builtin_t builtin_find(const char *name);
/* The name of the builtin with that number, or NULL behind the last. */
const char *builtin_name(size_t index);
/* Those whose assignments stay and whose errors end a script. */
bool builtin_special(const char *name);
int builtin_set(char **arguments);
int builtin_cd(char **arguments);
int builtin_pwd(char **arguments);
int builtin_type(char **arguments);
int builtin_command(char **arguments);
int builtin_hash(char **arguments);
/* `name` in the next folder of a list like PATH's at *path, which moves on, to NULL behind the last. The text's data is the caller's. */
struct text path_next(const char **path, const char *name);
/* The path of the first regular file of that name in a list like PATH's that allows access (R_OK, X_OK), or NULL; a name with a slash as it is. */
const char *path_find(const char *name, const char *path, int access_mode);
/* Where the program was when last found in PATH; program_locate() searches if need be. NULL where it is not known or not there. */
const char *program_remembered(const char *name);
const char *program_locate(const char *name);
int builtin_getopts(char **arguments);
int builtin_test(char **arguments);
int builtin_printf(char **arguments);
int builtin_trap(char **arguments);
int builtin_read(char **arguments);
int builtin_umask(char **arguments);
int builtin_ulimit(char **arguments);
int builtin_times(char **arguments);
/* Runs what `trap` set for signals that came. */
void traps_run(void);
void traps_exit(void);
void traps_forget(void);
/* Something is to be done at the end of this process. */
bool traps_pending(void);
/* For `kill` and `trap`; -1 and NULL if unknown. Number 0 is called EXIT. */
int signal_number(const char *name);
const char *signal_name(size_t number);
/* The signal whose command traps_run() would run first; 0 if there is none. */
int trap_signal(void);

/* What ends a script, though nothing but a command's error; returns STATUS_ERROR. */
int script_fail(void);
/* "sh: message" on standard error; returns 1. */
int complain(const char *format, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void shell_exit(int status);

#endif
