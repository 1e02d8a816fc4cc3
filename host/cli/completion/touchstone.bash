# SPDX-License-Identifier: BSD-2-Clause
# bash completion: `touchstone __complete` knows what may come.

_touchstone()
{
	local cur words cword line candidate
	# Tokens have a colon in their name; bash splits words there.
	if declare -F _get_comp_words_by_ref >/dev/null; then
		_get_comp_words_by_ref -n : cur words cword
	else
		words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
		cur=${words[cword]}
	fi
	COMPREPLY=()
	while IFS= read -r line; do
		candidate=${line%%$'\t'*}
		case $candidate in
		:file)
			mapfile -t COMPREPLY < <(compgen -f -- "$cur")
			compopt -o filenames 2>/dev/null ;;
		:folder)
			mapfile -t COMPREPLY < <(compgen -d -- "$cur")
			compopt -o filenames 2>/dev/null ;;
		*)
			COMPREPLY+=("$(printf %q "$candidate")") ;;
		esac
	done < <(touchstone __complete "${words[@]:1:cword}" 2>/dev/null)
	if declare -F __ltrim_colon_completions >/dev/null; then
		__ltrim_colon_completions "$cur"
	fi
	return 0
}

complete -F _touchstone touchstone
