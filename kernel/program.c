/*
 * Loading programs; contract in program.h.
 *
 * The file's first bytes say what it is: an ELF executable, or a script whose first line "#! INTERPRETER [ARGUMENT]"
 * names the program to load instead, with the script's path as an argument. A dynamic executable names an interpreter
 * of its own kind (PT_INTERP), which is loaded beside it and started first.
 *
 *     0x400000 or 0x555555554000   the program; its heap behind it
 *     below mmap_top               PT_INTERP's image, shared libraries, mmap
 *     below STACK_TOP              the stack, growing down
 */
#include "kernel/program.h"

#include "kernel/abi/errno.h"
#include "kernel/abi/fcntl.h"
#include "kernel/abi/resource.h"
#include "kernel/abi/stat.h"
#include "kernel/fs/vfs.h"
#include "kernel/layout.h"
#include "kernel/limits.h"
#include "kernel/vdso.h"
#include "libc/string.h"
#include "mm/aspace.h"
#include "mm/slab.h"

enum { SCRIPT_LINE_MAX = 256, SCRIPTS_MAX = 5 };

#define STACK_TOP USER_END
#define STACK_FIRST_SIZE ((uint64_t)128 * 1024) /* beside what the arguments need; the rest grows (AREA_GROWSDOWN) */
#define STACK_GAP ((uint64_t)1 << 20)
#define STACK_RESERVE_MIN ((uint64_t)128 << 20) /* room below STACK_TOP that mmap keeps free */
#define STACK_RESERVE_MAX (USER_END / 6 * 5)
#define PIE_BASE ((vaddr_t)0x555555554000)

/* Whether the file may be executed; then nobody may write it any more (ETXTBSY). */
static int file_check(struct file *file)
{
    if (!mode_is(file->inode->mode, S_IFREG))
        return -EACCES;
    if (inode_permission(file->inode, 1) != 0 || (file->inode->mode & 0111) == 0)
        return -EACCES;
    return file_claim(file, FILE_RUNS);
}

static int program_open(struct program *program, const char *path)
{
    if (program->file != NULL)
        file_put(program->file);
    program->file = NULL;
    int error = file_open(NULL, path, OPEN_PROGRAM, 0, &program->file);
    if (error != 0) {
        program->file = NULL;
        return error;
    }
    return file_check(program->file);
}

static int head_read(struct file *file, struct elf_head *head)
{
    memset(head->text, 0, sizeof(head->text));
    ssize_t length = file_read_kernel(file, head->text, ELF_HEAD_SIZE, 0);
    head->length = length > 0 ? (size_t)length : 0;
    return length < 0 ? (int)length : 0;
}

static inline bool is_blank(char character)
{
    return character == ' ' || character == '\t';
}

static char *blanks_skip(char *at)
{
    while (is_blank(*at))
        at++;
    return at;
}

static char *word_skip(char *at)
{
    while (*at != '\0' && !is_blank(*at))
        at++;
    return at;
}

/*
 * Where a script's first line ends. Of a line longer than SCRIPT_LINE_MAX, the argument may be cut off, which the interpreter can
 * still read in the file; null if it is the interpreter.
 */
static char *script_line_end(char *line)
{
    char *end = memchr(line, '\n', SCRIPT_LINE_MAX);
    if (end != NULL)
        return end;
    end = line + SCRIPT_LINE_MAX;
    char *word = blanks_skip(line + 2);
    return word < end && word_skip(word) < end ? end - 1 : NULL;
}

/*
 * Cuts "#! INTERPRETER [ARGUMENT]\n" into its words: the argument is one, blanks within included; *argument may become null.
 * -ENOEXEC if there is no interpreter or the line is too long.
 */
static int script_parse(char *line, char **interpreter, char **argument)
{
    char *end = script_line_end(line);
    if (end == NULL)
        return -ENOEXEC;
    while (end > line && is_blank(end[-1]))
        end--;
    *end = '\0';
    *interpreter = blanks_skip(line + 2);
    if (*interpreter >= end)
        return -ENOEXEC;
    char *blank = word_skip(*interpreter);
    *argument = *blank != '\0' ? blanks_skip(blank) : NULL;
    *blank = '\0';
    return 0;
}

/* Goes from a script to its interpreter. */
static int script_follow(struct program *program, struct elf_head *head, const char *script)
{
    char *interpreter, *argument;
    int error = script_parse(head->text, &interpreter, &argument);
    if (error != 0)
        return error;
    if (program->path_closes)
        return -ENOENT;
    if (*interpreter == '\0')
        return -EACCES; /* "#!" and nothing else: as if that were the current folder */
    const char *texts[3] = {interpreter, argument != NULL ? argument : script, script};
    error = arguments_replace_first(&program->arguments, texts, argument != NULL ? 3 : 2);
    return error != 0 ? error : program_open(program, interpreter);
}

/*
 * Opens what there is to load and reads its head: the executable itself or, through at most SCRIPTS_MAX scripts, an
 * interpreter.
 */
static int executable_find(struct program *program, struct elf_head *head)
{
    char script[SCRIPT_LINE_MAX + 1];
    const char *name = program->path;
    int error = program->file != NULL ? file_check(program->file) : program_open(program, name);
    for (unsigned scripts = 0; error == 0; scripts++) {
        if (scripts > SCRIPTS_MAX)
            return -ELOOP;
        error = head_read(program->file, head);
        if (error != 0 || head->text[0] != '#' || head->text[1] != '!')
            return error;
        error = script_follow(program, head, name);
        if (error != 0)
            return error;
        arguments_copy_first(&program->arguments, script, sizeof(script)); /* the interpreter */
        name = script;
    }
    return error;
}

/* Set-user-ID and set-group-ID files. */
static void credentials_take(struct program *program)
{
    const struct inode *inode = program->file->inode;
    struct credentials *credentials = &program->credentials;
    bool obeyed = !program->process->no_new_privileges;
    if (obeyed && (inode->mode & S_ISUID) != 0)
        credentials->euid = inode->uid;
    if (obeyed && (inode->mode & (S_ISGID | 010)) == (S_ISGID | 010))
        credentials->egid = inode->gid;
    credentials->suid = credentials->fsuid = credentials->euid;
    credentials->sgid = credentials->fsgid = credentials->egid;
    program->secure = credentials->euid != credentials->uid || credentials->egid != credentials->gid;
}

/* Loads the interpreter of a dynamic executable; *base is where it lies. */
static int interpreter_load(struct program *program, vaddr_t *base)
{
    struct elf_image image;
    struct elf_head head;
    struct file *file;
    int error = file_open(NULL, program->image.interpreter, OPEN_PROGRAM, 0, &file);
    if (error != 0)
        return error;
    error = file_check(file);
    if (error == 0)
        error = head_read(file, &head);
    if (error == 0 && !elf_header_is_valid(&head.header))
        error = -ELIBBAD;
    if (error == 0)
        error = elf_load(program->aspace, file, &head, 0, &image);
    if (error == 0) {
        program->entry = image.entry;
        *base = image.base;
    }
    file_put(file);
    return error;
}

static int stack_map(struct program *program, size_t needed)
{
    uint64_t size = round_up(needed, PAGE_SIZE) + STACK_FIRST_SIZE;
    vaddr_t at;
    struct map_request request = {
        .address = STACK_TOP - size,
        .length = size,
        .flags = AREA_READ | AREA_WRITE | AREA_MAY_WRITE | AREA_STACK | AREA_GROWSDOWN |
                 (program->image.stack_executable ? AREA_EXEC : 0),
        .fixed = true,
    };
    return aspace_map(program->aspace, &request, &at);
}

static int stack_fill(struct program *program, vaddr_t interpreter_base)
{
    const struct credentials *credentials = &program->credentials;
    struct stack_facts facts = {
        .program = &program->image,
        .interpreter_base = interpreter_base,
        .path = program->path,
        .uid = credentials->uid,
        .euid = credentials->euid,
        .gid = credentials->gid,
        .egid = credentials->egid,
        .secure = program->secure,
    };
    int error = vdso_map(program->aspace, &facts.vdso);
    if (error == 0)
        error = stack_map(program, arguments_stack_size(&program->arguments, &facts));
    if (error != 0)
        return error;
    return arguments_write_stack(&program->arguments, program->aspace, STACK_TOP, &facts, &program->sp);
}

static int image_load(struct program *program, const struct elf_head *head)
{
    vaddr_t interpreter_base = 0;
    int error = elf_load(program->aspace, program->file, head, PIE_BASE, &program->image);
    if (error != 0)
        return error;
    program->entry = program->image.entry;
    program->aspace->brk_start = program->aspace->brk = program->image.end;
    if (program->image.interpreter[0] != '\0')
        error = interpreter_load(program, &interpreter_base);
    return error != 0 ? error : stack_fill(program, interpreter_base);
}

static int aspace_prepare(struct program *program)
{
    struct aspace *aspace = aspace_create();
    if (aspace == NULL)
        return -ENOMEM;
    limits_apply(program->process, aspace);
    uint64_t reserve = max_u64(min_u64(aspace->stack_limit, STACK_RESERVE_MAX), STACK_RESERVE_MIN);
    aspace->stack_top = STACK_TOP;
    aspace->mmap_top = round_down(STACK_TOP - reserve - STACK_GAP, PAGE_SIZE);
    aspace->program = program->file;
    file_get(program->file);
    program->aspace = aspace;
    return 0;
}

int program_load(struct program *program, struct file *file)
{
    struct elf_head head;
    program->file = file;
    program->aspace = NULL;
    int error = executable_find(program, &head);
    if (error != 0)
        return error;
    if (!elf_header_is_valid(&head.header))
        return -ENOEXEC;
    credentials_take(program);
    error = aspace_prepare(program);
    return error != 0 ? error : image_load(program, &head);
}

void program_release(struct program *program)
{
    if (program->file != NULL)
        file_put(program->file);
    if (program->aspace != NULL)
        aspace_leave(program->aspace);
    program->file = NULL;
    program->aspace = NULL;
}
