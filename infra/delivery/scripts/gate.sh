[ -f severities ] || { echo "no list of vulnerabilities" >&2; exit 1; }
# Awk ends with 0 whether it finds any or not: an error of the tool can never pass for a clean image.
awk -v refused="^($REFUSED)\$" '$0 ~ refused { count[$0]++ } END { for (s in count) print s, count[s] }' \
  severities > refused
if [ -s refused ]; then
  echo "refused: $IMAGE has vulnerabilities:" >&2
  cat refused >&2
  exit 1
fi
