# A file as a text in C: awk -v name=NAME -f text.awk FILE
BEGIN { print "static const char " name "[] =" }
{ gsub(/\\/, "\\\\"); gsub(/"/, "\\\""); print "\t\"" $0 "\\n\"" }
END { print "\t;" }
