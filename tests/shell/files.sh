# Redirection, here-documents, pipes, background, reading.
cat <<E
here $HOME_NOT_SET $(echo sub) \$x
E
cat <<'E'
literal $x
E
	cat <<-E
		tab
	E
cat <<A; cat <<B
first
A
second
B
echo a | cat | cat
echo out 2>&1 >/dev/null
{ echo one; echo two; } | wc -l
exec 3>file; echo data >&3; exec 3>&-; cat file
cat < file > copy; cat copy /nonexistent 2>/dev/null; echo $?
echo more >> file; wc -l < file
(echo to stdout; echo to stderr >&2) 2>&1 | sort
read a b <<E
one two three
E
echo "$a|$b"
while read line; do echo "L:$line"; done <<E
one
  two  
three\
continued
E
while read -r line; do printf "R:%s\n" "$line"; done <<'E'
a\b
c
E
printf 'x:y:z\n' | (IFS=: read p q; echo "$p" "$q")
sleep 0.01 & wait; echo waited $?
(exit 9) & wait $!; echo $?
true & wait $!; echo $?
for i in 1 2 3; do echo $i; done | (while read n; do echo "<$n>"; done; echo end)
echo one; echo two >&2
{ echo g; } 2>&1 | cat
! echo a | grep -q b; echo $?
seq() { n=$1; while [ $n -le $2 ]; do echo $n; n=$((n+1)); done; }
seq 1 100 | sort -rn | head -n 3
seq 1 1000 | wc -l
umask 022; umask
(cd /; pwd)
mkdir here; cd here; pwd | grep -c here; cd ..; cd - >/dev/null; cd ..
set -C; echo a > clobber; (echo b > clobber) 2>/dev/null; echo $?; echo c >| clobber; cat clobber; set +C
kill -0 $$ && echo alive
command -v nothing_at_all; echo $?
export EXPORTED=yes; sh -c 'echo $EXPORTED'
env -i A=b env
yes_once() { echo y; }; yes_once | tee copy2; cat copy2
echo "$(seq 1 3)" "$(cat < /dev/null)"
ls | sort | head -n 3
for mode in u -1 8; do (umask 027; umask "$mode" 2>/dev/null || umask); done
command . ./no-such-script 2>/dev/null || echo "no script"
readonly RO=1; command export RO=2 2>/dev/null || echo "not exported"; command unset RO 2>/dev/null || echo "not unset"
command shift 99 2>/dev/null || echo "not shifted"
