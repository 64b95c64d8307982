# Each line of snippets.list by a shell of its own: what it prints, its status, and whether it complained. Below a line that ends with the
# beginning of a here-document comes one.
list=$(dirname "$0")/snippets.list
document='one $((1+1)) $y
	tab `echo back` \$y
E
two
B'
number=0
while IFS= read -r line; do
    number=$((number + 1))
    case $line in
    *'<<E' | *"<<'E'" | *'<<-E' | *'<<B') line="$line
$document" ;;
    esac
    mkdir "s$number"
    printf "# %s\n" "$line"
    (cd "s$number" && HOME=/root exec sh -c "$line") 2>errors </dev/null
    echo "status $?, $([ ! -s errors ] || echo complained)"
done <"$list"
