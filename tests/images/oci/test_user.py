"""Who runs an image's commands, by the rules of engines."""

from __future__ import annotations

import pytest

from bench.errors import ImageError
from bench.images.oci.user import User, resolve

PASSWD = (
    "root:x:0:0:root:/root:/bin/sh\napp:x:1000:100:An App:/home/app:/bin/sh\n\n# odd\nhalf:x:7\nbad:x:nine:9::/:\n"
    f"null:x:8:8::/\0:/x\nmany:x:{'9' * 5000}:1::/:/x\n"
)
GROUP = "root:x:0:root\nusers:x:100:\naudio:x:29:app,other\nvideo:x:44:other,app\nwheel:x:10:root\n"


@pytest.mark.parametrize(
    ("asked", "is_"),
    [
        ("", User(home="/root", groups=(10,))),
        ("root", User(home="/root", groups=(10,))),
        ("app", User(uid=1000, gid=100, groups=(29, 44), home="/home/app")),
        ("1000", User(uid=1000, gid=100, groups=(29, 44), home="/home/app")),
        ("app:video", User(uid=1000, gid=44, home="/home/app")),
        ("app:4711", User(uid=1000, gid=4711, home="/home/app")),
        ("1000:0", User(uid=1000, gid=0, home="/home/app")),
        ("4711", User(uid=4711, home="/")),
        ("4711:audio", User(uid=4711, gid=29, home="/")),
        ("half", User(uid=7, home="/")),
    ],
)
def test_a_user_is_what_the_images_lists_say(asked: str, is_: User) -> None:
    assert resolve(asked, PASSWD, GROUP, "image 'mine'") == is_


def test_without_lists_there_are_numbers_alone() -> None:
    assert resolve("", "", "", "image 'mine'") == User()
    assert resolve("65534:65533", "", "", "image 'mine'") == User(uid=65534, gid=65533)


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        ("ap", "no user 'ap', did you mean 'app'?"),
        ("bad", "no user 'bad'"),
        ("many", "no user 'many'"),
        ("app:vide", "no group 'vide', did you mean 'video'?"),
        (str(1 << 31), "2147483648 is too large for a user's number"),
        (f"app:{1 << 31}", "2147483648 is too large for a group's number"),
        ("-1", "no user '-1'"),
        ("9" * 5000, f"{'9' * 37}... is too large for a user's number"),
        ("\u0663", "no user '\u0663'"),
        ("null", "whose home in its /etc/passwd is '/\\x00'"),
    ],
)
def test_who_is_not_there_is_said(asked: str, says: str) -> None:
    with pytest.raises(ImageError) as caught:
        resolve(asked, PASSWD, GROUP, "image 'mine'")
    assert f"image 'mine' is to run as {asked!r}" in str(caught.value)
    assert says in str(caught.value)
