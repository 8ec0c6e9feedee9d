"""What a user without root is given here: a part of the control groups, and ids for the users of a namespace."""
