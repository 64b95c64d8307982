# Words that stand for commands.
alias greet='echo hello' two='echo 1; echo 2' ls='ls -d'
greet you; greet && two
ls /; "greet" 2>/dev/null; echo $?
x=$(greet sub); echo "$x"; f() { greet in f; }; f
alias loop='echo once; loop'; alias greet; alias if0='if true'
if0; then echo keyword; fi; echo greet
unalias greet; greet 2>/dev/null; echo $?; unalias greet 2>/dev/null; echo $?; alias nosuch 2>/dev/null; echo $?
unalias -a; alias
