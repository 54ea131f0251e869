package product

# Most permissions depend on the role alone. Elsewhere, what is not stated may be either way: the most that facts can
# grant against the least.
permission_reason := "unknown-role" if not data.roles[input.role]

else := data.blocked[input.permission] if {
	data.plain[input.permission]
	data.blocked[input.permission]
}

else := data.roles[input.role].cells[input.permission] if data.plain[input.permission]

else := "unknown-permission" if not data.permissions[input.permission]

else := low if not is_open

else := low if {
	allowed[low]
	allowed[high]
}

else := low if {
	not allowed[low]
	not allowed[high]
}

else := "missing-fact"

low := known(data.permissions[input.permission], input.permission, input.so, false)

high := known(data.permissions[input.permission], input.permission, all_so, true)

all_so := object.union(input.so, {fact: true | some fact in data.permissions[input.permission].reads; not input.not_so[fact]})

is_open if {
	some fact in data.permissions[input.permission].reads
	not input.so[fact]
	not input.not_so[fact]
}

is_open if {
	data.permissions[input.permission].restriction
	not input.email_domain
}

allowed := {
	"inherent": true, "on-by-default": true, "on-for-role": true, "exempt": true,
	"decided-by-other-permission": true,
}

# How far a deny got; a later one is reported.
progress := {"not-granted-to-role": 1, "off-by-default": 2, "off-for-role": 2, "fact-false": 3}

known(row, name, so, on_list) := direct(row, name, so, on_list) if not row.instead

else := direct(row, name, so, on_list) if not so[row.instead_fact]

else := by_other(direct(data.permissions[row.instead], row.instead, so, on_list))

by_other(reason) := "decided-by-other-permission" if allowed[reason]

else := reason

# Loops are functions of their own: the machine leaves a chain of `else` where one finds nothing to loop over.
is_exempt(row, so) if {
	some fact in row.exempt
	so[fact]
}

lacks(row, so) if {
	some fact in row.needs
	not so[fact]
}

direct(row, name, so, on_list) := "exempt" if is_exempt(row, so)

else := data.blocked[name] if data.blocked[name]

else := held(row, name, so, on_list) if not row.otherwise

else := better(held(row, name, so, on_list), row, so, on_list)

better(own, row, so, on_list) := own if allowed[own]

else := own if own == "never-for-role"

else := best(own, held(data.permissions[row.otherwise], row.otherwise, so, on_list))

best(own, other) := "decided-by-other-permission" if allowed[other]

else := other if progress[other] > progress[own]

else := own

held(row, name, so, on_list) := data.roles[input.role].cells[name] if {
	not allowed[data.roles[input.role].cells[name]]
}

else := "fact-false" if lacks(row, so)

else := data.roles[input.role].cells[name] if not row.restriction

else := data.roles[input.role].cells[name] if not restricted(row)

else := "list-empty" if count(data.trusted) == 0

else := data.roles[input.role].cells[name] if trusted(on_list)

else := "not-on-list"

restricted(row) if data.restricted[row.restriction]

restricted(row) if allowed[data.roles[input.role].cells[row.restriction]]

trusted(_) if data.trusted[lower(input.email_domain)]

trusted(on_list) if {
	not input.email_domain
	on_list
}

feature_reason := data.blocked[input.feature] if data.blocked[input.feature]

else := "limit-reached" if {
	counted
	input.remaining == 0
}

else := "balance-unknown" if {
	counted
	data.has_limit
	not is_number(input.remaining)
}

else := "feature-on"

counted if {
	data.metered[input.feature]
	input.counts
}

setting_reason := "setting-locked" if data.locked[input.setting]

else := "authorized-change" if data.authority[input.setting][input.to].roles[data.roles[input.role].base]

else := "authorized-change" if data.authority[input.setting][input.to].standings[input.standing]

else := data.authority[input.setting][input.to].refusal
