# Turns a text into a C string called name. With header set, the string is for others and declared
# there; else it is static, for a file that includes this. With crlf set, lines end as Windows
# expects.
BEGIN {
	if (header != "")
		print "#include \"" header "\"\n"
	print (header == "" ? "static " : "") "const char " name "[] ="
	end = crlf ? "\\r\\n\"" : "\\n\""
}
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	print "\t\"" $0 end
}
END { print "\t;" }
