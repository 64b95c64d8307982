# Lists, loops, choices, functions, and their statuses.
for i in 1 2 3; do echo -n "$i "; done; echo
i=0; while [ $i -lt 5 ]; do i=$((i+1)); [ $i = 3 ] && continue; echo $i; done
case foo.c in *.h) echo h;; *.c|*.d) echo c;; esac
case '*' in \*) echo star;; esac
case "x y" in "x y") echo quoted;; esac
case abc in [!a]*) echo no;; (a[b-d]c) echo set;; esac
f() { local a=1; echo f $# "$@"; return 3; }
f 1 "2 3"; echo $?
(exit 7); echo $?
! true; echo $?
true && echo yes || echo no
false || echo no
if false; then echo 1; elif true; then echo 2; else echo 3; fi
until true; do :; done; echo $?
x=$(false); echo $?
if ( exit 3 ); then :; else echo "else $?"; fi
for f in a b c; do for g in 1 2 3; do [ $g = 2 ] && continue 2; echo $f$g; done; done
for f in a b c; do for g in 1 2 3; do [ $g = 2 ] && break 2; echo $f$g; done; done
n=0; until [ $n -ge 3 ]; do n=$((n+1)); done; echo $n
set -e; false || true; ! true; if false; then :; fi; echo still
( set -e; false; echo no ); echo "status $?"
set +e
g() { [ $1 -le 0 ] && return; echo $1; g $(($1-1)); }; g 3
h() ( echo sub; exit 4 ); h; echo $?
x=1; { x=2; }; echo $x; ( x=3 ); echo $x; x=4 | :; echo $x
outer() { v=1; inner; echo $v; }; inner() { local v; v=2; }; outer
while getopts ab:c o -a -b val -c rest; do echo "$o ${OPTARG-none}"; done; echo $OPTIND
eval 'z=3; echo $z'
a=1 b=2; a=3 env | grep '^a='; echo $a
readonly RO=1; (RO=2) 2>/dev/null; echo $?
nosuchcommand 2>/dev/null; echo $?
sh -c 'exit 300'; echo $?
sh -c 'kill -TERM $$'; echo $?
sh -c 'echo $0 $1' name first
test -d / -a -f "$0" && echo both
[ ! -e /nope ] && echo nope
[ 3 -gt 2 ] && [ a != b ] && [ -n x ] && [ -z "" ] && echo tests
trap 'echo got' USR1; kill -USR1 $$; echo after
(trap 'echo leaving' EXIT; exit 6); echo $?
if true; then echo t; fi > out; cat out
echo 'echo sourced $1; return 5' > script; . ./script; echo $?
printf '%5d|%-5s|%05.1f|%x|%c|%%|%b\n' 42 ab 3.14159 255 xyz 'a\tb\n'
printf '%s-%d\n' a 1 b 2
printf '%s %s\n' only
set -u; (echo $undefined) 2>/dev/null; echo $?
