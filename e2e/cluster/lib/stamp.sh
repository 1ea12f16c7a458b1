# shellcheck shell=bash
# Makes a thing only when what it is made of has changed.

# digest_of PATH|WORD...: of the contents of files and folders, and of words.
digest_of() {
  local input
  for input in "$@"; do
    if [ -d "$input" ]; then
      (cd "$input" && find . \( -type f -o -type l \) -print0 | sort -z | xargs -0 -r sha256sum)
    elif [ -f "$input" ]; then
      sha256sum <"$input"
    else
      echo "$input"
    fi
  done | sha256sum | cut -c1-16
}

is_made() { [ "$(cat "$work/stamps/$1" 2>/dev/null)" = "$2" ]; }

set_made() {
  mkdir -p "$work/stamps"
  echo "$2" >"$work/stamps/$1"
}
