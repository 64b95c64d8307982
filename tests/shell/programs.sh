# The programs for scripts, with what they say when something is wrong.
try() { "$@"; echo "[$?]"; }
mkdir d; echo hello > d/a; seq 1 100 > nums; ln -s d/a lnk; mkfifo ff 2>/dev/null || :; touch .hid; rm -f ff
cat > table <<E
root:x:0:0:the root:/root:/bin/sh
daemon:x:1:1::/:/bin/false
user:x:1000:100:A User:/home/user:/bin/sh
E
try ls; try ls -a; try ls -A; try ls -R; try ls -F; try ls -1r; try ls nope d; try ls -d d lnk
try cat nums d/a nope | tail -n 3; try cat d
try head -n 3 nums d/a; try head -c 5 nums; try head -2 nums
try tail nums; try tail -n 3 nums d/a; try tail -n +98 nums; try tail -c 5 nums; try tail nope
cat nums | tail -n 3; cat nums | tail -c 5; seq 20000 | tail -n 2; seq 20000 | tail -c +108890; tail -n +99 < nums; tail -n 0 nums
(head -n 1 >/dev/null; tail -n 2) < d/a; printf 'a\n\nb' > o; tail -n 1 o; echo; tail -n 2 o; echo; tail -n 9 o; echo; tail -c +3 o; echo; rm o
printf '\nthe end\n' | dd of=big bs=1 seek=5000000000 2>/dev/null; tail -n 1 big; tail -c 5 big; tail -c +5000000002 big; rm big
try wc nums; try wc nums d/a; try wc -l < nums; cat nums | wc
try sort -rn nums | head -n 3; try sort nums | head -n 3
printf 'b 2\na 10\nc 1\na 10\n' | sort -k2n; printf 'b 2\na 10\nc 1\na 10\n' | sort -u; try sort -t: -k3n table; printf 'B\na\nC\n' | sort -f
try grep 5 nums; try grep -c 5 nums; try grep -n '^[12]5*$' nums; try grep -v '[1-9]' nums; try grep root table nums
try grep -o '[0-9]*' table; try grep -i ROOT table; try grep -F a.b nums; try grep -q 5 nums; try grep -x 5 nums; try grep '[[:alpha:]]' d/a nope
mkdir p q; ls; rmdir p q; try rmdir nope; mkdir -p a/b/c; ls -R a; rm -r a; try rm d; try rm -f nope; try rm nope; try mkdir d
cp nums n2; try cmp nums n2; rm n2; cp -r d e; ls e; rm -r e; try cp d x; cp nums d; ls d; rm d/nums; try cp nope x
mv nums n3; ls; mv n3 nums; ln -s a b; readlink b; rm b; ln nums h; wc -l h; rm h
try touch /nope/x; env -i A=1 env; try env true; echo a b | tee x; cat x; rm x
date -u -d @1700000000 +%F_%T; try date -d @9223372036854775807 2>/dev/null; hexdump -C d/a; head -c 100 /dev/zero | hexdump -C
stat -c '%n %s %a %F %h' nums d/a lnk; try test -d /; try test -f /
seq 3; seq 5 -2 1; seq -s , 2 4; yes | head -n 3; yes a b | head -n 1
basename /a/b/c.txt .txt; basename /; dirname /a/b/; dirname x; readlink lnk; try readlink nums
cut -d: -f1,3- table; cut -c2-4,7 table; cut -d: -f-2 table; echo a | cut -s -d: -f1
echo hello | tr a-y b-z; echo aabbcc | tr -s a-b; echo a1b2 | tr -d '[:digit:]'; printf 'a\nb\n' | tr '\n' ' '; echo abc | tr -cd ab
echo; echo hello | tr '[:lower:]' '[:upper:]'; try cmp nums d/a
touch m; chmod 754 m; stat -c %a m; chmod u-x,go=r m; stat -c %a m; chmod a+x m; stat -c %a m; rm m
dd if=nums of=o bs=100 count=2 skip=1 2>/dev/null; cat o; rm o; dd if=/dev/zero bs=1k count=3 2>/dev/null | wc -c
find . -name 'n*' | sort; find d -type f; find . -maxdepth 1 -type l; find . ! -name '*s' -type f | sort; try find nope
seq 10 | xargs; seq 10 | xargs -n 3 echo x; echo "a  'b c' \"d\"" | xargs -n 1; echo x | try xargs false
id -u; try sleep 0.01; try false; try true
dd if=nums iflag=fast 2>/dev/null; echo $?; dd if=nums of=o oflag=append,slow 2>/dev/null; echo $?; dd if=nums conv=upside 2>/dev/null; echo $?; ls o 2>/dev/null
dd i=nums 2>/dev/null; echo $?; dd if=nums bs=10 count=1 status=none 2>&1; dd if=nums status=some 2>/dev/null; echo $?
head -n 1 nums nope d/a 2>/dev/null; echo $?; tail -n 1 nums nope d/a 2>/dev/null; echo $?; echo x | tail -n 1 d/a -; echo x | head
mkdir -p t/in; cp d/a t/; mv t/a t/in///; ls t/in; cp -r t/in/ t/out; ls t/out; mv t/in/ t/out; ls t/out; ln -s ../d/a t/out; readlink t/out/a; ls t; rm -r t
cp d/a nums table; echo $?; mv nums lnk table; echo $?; ln d/a nums table; echo $?
