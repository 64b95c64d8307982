# Expansion: quotes, parameters, commands, arithmetic, splitting, patterns.
echo hello "world" 'x  y' a\ b
x=5; y="a b  c"; echo $x ${x} "$y" $y ${#y} ${z:-def} ${z-"q r"} ${x:+alt} "${z:=set}" $z
echo $(echo a; echo b) "$(printf 'x\ny\n\n')" `echo back`
set -- a b "c d"; echo $# "$*" "$@"; shift; echo $1; for j; do echo "[$j]"; done
IFS=:; v=a:b::c; for w in $v; do echo "<$w>"; done; unset IFS
echo ${v%:*} ${v%%:*} ${v#*:} ${v##*:}
mkdir d; touch d/one d/two d/.hidden e1 e2
echo d/* e? [e]1 nope* "d/*" d/.h*
echo $((1+2*3)) $((0x10|3)) $((5>3?1:2)) $(( (1+2)*3 )) $((x+=2)) $x
echo $(( 7 / 2 )) $(( -7 % 3 )) $(( 1 << 4 )) $(( 5 & 3 | 8 )) $(( !0 )) $(( ~0 )) $((1 && 0 || 1))
echo "a$(echo "b$(echo c)")"
echo "quote \"inner\" \$x"
echo 'it'\''s'
q='a  b'; set -- $q; echo $#; set -- "$q"; echo $#
IFS=,; set -- a,,b,; echo $#; x=a,,b,; set -- $x; echo $#; unset IFS
: ${D:=default}; echo $D
echo "${D:+set}" "${UU:-unset}"
y=abc; echo ${y#a} ${y%c} ${y#*b} "${y%%b*}"
unset y; echo "${y-gone}"
echo `echo \`echo nested\``
echo "$(case x in x) echo bracket;; esac)"
v="a b"; echo ${v:-"c d"} "${v:+"$v"}"
HOME=/home/me; echo ~ ~/x "~" x~
echo a{b,c}d
set --; echo "$@" $# "${1-none}"
f() { echo "$#:" "$@"; }; f "" "a b" ''; f $none "$none"
w='*'; echo "$w" | cat; e='e?'; echo $e
set -f; echo e*; set +f
IFS=' x'; s='1x 2  3xx4'; for i in $s; do echo "($i)"; done
