# Turns tab-separated values into rows of C initialisers, so that data files need not be found when
# the program runs. Comments and empty lines are passed over.
BEGIN { FS = "\t" }
/^#/ || /^$/ { next }
{
	row = ""
	for (i = 1; i <= NF; i++) {
		value = $i
		gsub(/\\/, "\\\\", value)
		gsub(/"/, "\\\"", value)
		row = row "\"" value "\", "
	}
	print "{ " row "},"
}
