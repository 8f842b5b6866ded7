# Turns a text into a C string called name, with the line ends that Windows expects.
BEGIN { print "#include \"media/media.h\"\n\nconst char " name "[] =" }
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	print "\t\"" $0 "\\r\\n\""
}
END { print "\t;" }
