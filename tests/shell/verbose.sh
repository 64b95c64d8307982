# set -v: each line as it is read, before what it does.
echo 'set -v
echo "shown first"; for i in 1 2
do echo $i; done # with its comment
set +v
echo not shown' >script
sh script
sh -v script | tail -n 1
