# SPDX-License-Identifier: BSD-2-Clause
# cmake -DIN=FOLDER -DOUT=FILE.c -P embed.cmake: the certificates of the folder
# and of its folder between, as C strings.
function(list_of name folder)
	file(GLOB files ${folder}/*.pem)
	list(SORT files)
	set(text "const char *const ${name}[] = {\n")
	foreach(file ${files})
		file(STRINGS ${file} lines)
		foreach(line ${lines})
			string(APPEND text "    \"${line}\\n\"\n")
		endforeach()
		string(APPEND text "    ,\n")
	endforeach()
	file(APPEND ${OUT} "\n${text}    0};\n")
endfunction()

file(WRITE ${OUT} "#include \"token/evidence.h\"\n")
list_of(ts_evidence_roots ${IN})
list_of(ts_evidence_between ${IN}/between)
