# Puts the first file in place of the line "@COMMANDS@" of the second.
NR == FNR { commands = commands $0 "\n"; next }
$0 == "@COMMANDS@" { printf "%s", commands; next }
{ print }
