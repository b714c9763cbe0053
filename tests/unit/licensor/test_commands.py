"""The commands of `restrike-licensor`, in the test's own process: what they print, and with what they end."""

import json
import os
import sys
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from structlog.testing import capture_logs

from services.licensor import listener
from services.licensor.app import main
from services.licensor.books import Books
from services.licensor.records import Trace
from shared.errors import NetworkError
from shared.licensing.signing import opened
from shared.licensing.statements import (
    REQUEST_FORMAT,
    Activation,
    ActivationRequest,
    AnyRequest,
    CheckRequest,
    License,
    Released,
    ReleaseRequest,
    RequestFile,
)
from tests.support.licensing.shop import Shop, at, machine
from tests.support.licensing.vendor import Vendor

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(shop: Shop, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    """Run a command in the summer of 2026; gives its exit, what it printed, and what it printed as errors."""
    umask = os.umask(0o077)
    monkeypatch.setattr("services.licensor.options.unix_ns", lambda: at(150) * 1_000_000_000)

    def command(*arguments: str | Path) -> tuple[int, str, str]:
        with pytest.raises(SystemExit) as ended:
            main(["--home", str(shop.home.folder), *map(str, arguments)])
        captured = capsys.readouterr()
        return int(ended.value.code or 0), captured.out, captured.err

    yield command
    os.umask(umask)


def document(run: Run, *arguments: str | Path) -> Any:
    """The document of a command that succeeds."""
    code, out, err = run(*arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


def issued(run: Run, *options: str) -> tuple[str, str]:
    """Id and activation key of a new licence, of a year from `NOW` on."""
    found = document(run, "issue", "--customer", "Union", "--plan", "12", "--from", "2026-01-01", *options)
    return found["license"]["license_id"], found["activation_key"]


def written(folder: Path, request: AnyRequest, form: str = REQUEST_FORMAT) -> Path:
    """A customer's request file."""
    path = folder / "request.json"
    path.write_bytes(msgspec.json.encode(RequestFile(format=form, request=request)))
    return path


def test_a_licence_from_its_issue_to_its_end(run: Run) -> None:
    """Every command that changes one says what it did, and `show` has the history."""
    license_id, _ = issued(run, "--seats", "2")
    acts: tuple[tuple[str, ...], ...] = (
        ("renew", license_id, "--plan", "36"),
        ("change", license_id, "--seats", "3", "--no-checks"),
        ("revoke", license_id, "--why", "not paid"),
        ("restore", license_id),
        ("rekey", license_id),
    )
    for arguments in acts:
        code, out, _ = run(*arguments)
        assert code == 0, arguments
        assert license_id in out
    shown = document(run, "show", license_id)
    assert [trace["act"] for trace in shown["history"]] == [*("issue", "renew", "change", "revoke", "restore", "rekey")]
    assert (shown["license"]["seats"], shown["license"]["checks"], shown["state"]) == (3, None, "good")
    assert document(run, "list")["licenses"][0]["license"]["license_id"] == license_id
    assert len(document(run, "audit", "--last", "2")["audit"]) == 2
    for words in ("list", f"show {license_id}", "audit", "keys list"):
        code, out, _ = run(*words.split())
        assert code == 0
        assert max(map(len, out.splitlines())) <= 100, "fits a terminal"


def test_an_activation_key_is_shown_once(run: Run) -> None:
    """At its issue; nothing else that is printed has it, or more of it than its end."""
    license_id, key = issued(run)
    everything = "".join(
        "".join(run(*arguments)[1:])
        for arguments in (("list",), ("show", license_id), ("audit",), ("show", license_id, "--json"))
    )
    assert key not in everything
    assert key.replace("-", "")[4:14] not in everything.replace("-", "")
    assert key[-5:] in everything


def test_an_offline_licence_is_written_to_a_file(run: Run, shop: Shop, tmp_path: Path) -> None:
    """For machines whose fingerprints were sent, or for all; signed anew after a renewal. An existing file is kept."""
    out = tmp_path / "union.license"
    two = ("--machine", machine(1), "--machine", machine(2))
    license_id, _ = issued(run, *two, "--out", str(out))
    first = opened(out.read_text().strip(), shop.ring(), License)
    assert (first.machines, first.checks) == ((machine(1), machine(2)), None)
    assert out.stat().st_mode & 0o777 == 0o600
    assert run("sign", license_id, "--out", out)[0] == 1
    run("renew", license_id, "--plan", "12")
    code, text, _ = run("sign", license_id)
    assert code == 0
    assert opened(text.strip(), shop.ring(), License).expires_at != first.expires_at
    unbound = document(run, "issue", "--customer", "U", "--plan", "perpetual", "--seats", "0")
    assert opened(unbound["text"], shop.ring(), License).machines == ()
    assert run("issue", "--customer", "U", "--plan", "12", "--out", tmp_path / "x")[0] == 2


def test_what_is_revoked_is_not_signed_anew(run: Run, tmp_path: Path) -> None:
    """And whoever renews or changes it is told that it stays revoked, not to sign it."""
    license_id, _ = issued(run, "--machine", machine(1))
    run("revoke", license_id, "--why", "not paid")
    for arguments in (("renew", license_id, "--plan", "12"), ("change", license_id, "--features", "replay_clips")):
        code, out, _ = run(*arguments)
        assert (code, "restrike-licensor restore" in out, "licensor sign" in out) == (0, True, False)
    out_file = tmp_path / "union.license"
    code, _, err = run("sign", license_id, "--out", out_file)
    assert (code, "restrike-licensor restore" in err, out_file.exists()) == (1, True, False)
    run("restore", license_id)
    assert run("sign", license_id, "--out", out_file)[0] == 0


def test_the_longest_of_all_still_fits(run: Run, shop: Shop) -> None:
    """Freed seats, long names of hosts, IPv6 addresses and floods: in 100 columns, with what tells things apart."""
    license_id, key = issued(run, "--seats", "1000")
    text = shop.activated(key, machine(1), host="a-very-long-name-of-a-machine.example.org")
    shop.release(text, machine(1), day=1)
    address = "2001:db8:aaaa:bbbb::/64"
    with shop.books() as books, books.writing():
        for outcome, times, detail in (("license.withdrawn_key", 1, "x" * 80), ("key.too_many_wrong", 12_345, None)):
            trace = Trace(at=at(3), who=address, act="activate", outcome=outcome, times=times, detail=detail)
            books.note(msgspec.structs.replace(trace, license_id=license_id))
    for words in (("show", license_id), ("audit",)):
        code, out, _ = run(*words)
        assert (code, max(map(len, out.splitlines())) <= 100) == (0, True)
        assert out.count(address) == 2
        for whole in ("license.withdrawn_key", "key.too_many_wrong", "12345 times"):
            assert whole in out
    assert "2026-01-01 00:00  2026-01-02 00:00" in run("show", license_id)[1], "since when, and until when"


@pytest.mark.parametrize(
    "options",
    [
        ("--plan", "13"),
        ("--plan", "12", "--features", "flying"),
        ("--plan", "12", "--no-checks", "--warn-after-days", "3"),
        ("--plan", "12", "--check-every-hours", "0"),
        (),
    ],
)
def test_wrong_usage_ends_with_2(run: Run, options: tuple[str, ...]) -> None:
    """And makes nothing."""
    assert run("issue", "--customer", "U", *options)[0] == 2
    assert document(run, "list")["licenses"] == []


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("issue", "--customer", "U", "--plan", "12", "--days", "3"), "plan.days"),
        (("issue", "--customer", "U", "--plan", "12", "--from", "soon"), "date.malformed"),
        (("issue", "--customer", "U", "--plan", "12", "--from", "9999-06-01"), "date.malformed"),
        (("issue", "--customer", "U", "--plan", "12", "--from", "1900-01-01"), "date.malformed"),
        (("issue", "--customer", "U", "--plan", "12", "--from", "2024-01-01"), "license.over"),
        (("issue", "--customer", "U", "--plan", "12", "--machine", "mine"), "machine.malformed"),
        (("show", "L-00000000"), "license.unknown"),
        (("keys", "create", "k1", "--no-passphrase"), "keys.exists"),
        (("keys", "retire", "k9"), "keys.unknown"),
        (("answer", "/nowhere/request.json"), "io.failed"),
    ],
)
def test_what_fails_ends_with_1_and_a_sentence(run: Run, arguments: tuple[str, ...], code: str) -> None:
    """On standard error, and as a document for a program."""
    ended, out, err = run(*arguments, "--json")
    assert ended == 1
    found = json.loads(out)["error"]
    assert found["code"] == code
    assert err.strip() == found["message"]
    assert "\n" not in err.strip()


def test_a_machine_without_network(run: Run, shop: Shop, tmp_path: Path) -> None:
    """Its request file is answered by a file: to activate, and to release the seat."""
    license_id, key = issued(run)
    request = ActivationRequest(key=key, machine=machine(1), nonce="n7", host="mat-1")
    out = tmp_path / "answer.license"
    code, _, err = run("answer", written(tmp_path, request), "--out", out)
    assert (code, err) == (0, f"activate {license_id}: seat 1, mat-1.\n")
    activation = opened(out.read_text().strip(), shop.ring(), Activation)
    assert activation.nonce == "n7"
    assert opened(activation.license, shop.ring(), License).machines == (machine(1),)
    other = ActivationRequest(key=key, machine=machine(2), nonce="n8")
    assert run("answer", written(tmp_path, other))[0] == 1
    release = ReleaseRequest(license=activation.license, machine=machine(1), nonce="n9")
    code, text, _ = run("answer", written(tmp_path, release))
    assert opened(text.strip(), shop.ring(), Released).nonce == "n9"
    assert run("answer", written(tmp_path, other))[0] == 0


def test_request_files_that_are_none(run: Run, tmp_path: Path) -> None:
    """Of another form, garbage, much too large, or what is asked online only: said in a sentence."""
    path = written(tmp_path, ActivationRequest(key="k", machine=machine(1), nonce="n"), "restrike-license-request 2")
    assert "upgrade" in run("answer", path)[2]
    for content in (b"", b"<html>", b"[" * 60_000, b"\xff\xfe", b'{"format":1,"request":{}}', b"x" * 100_000):
        path.write_bytes(content)
        code, _, err = run("answer", path)
        assert code == 1
        assert "request file" in err or "too large" in err
    assert run("answer", written(tmp_path, CheckRequest(license="x", machine=machine(1), nonce="n")))[0] == 2


def test_inspect_says_whether_a_text_is_true(run: Run, shop: Shop, tmp_path: Path) -> None:
    """A licence, an activation with the licence in it, from a file or as an argument; forged and cut ones, too."""
    _, key = issued(run)
    text = shop.activated(key, machine(1))
    found = document(run, "inspect", text)
    assert (found["is_valid"], found["key_id"], found["says"]["machines"]) == (True, "k1", [machine(1)])
    path = tmp_path / "a.license"
    path.write_text(text + "\n")
    code, out, _ = run("inspect", path)
    assert (code, out.splitlines()[0]) == (0, "valid, key k1")
    with shop.desk() as desk:
        activation = desk.activate(ActivationRequest(key=key, machine=machine(1), nonce="n"))
    assert document(run, "inspect", activation)["license"]["seats"] == 1
    vendor = Vendor.new("k1")
    for bad in (vendor.text(vendor.license()), text[:-1], text[:40], "", "x" * 5000, "a.b.c.d", "restrike1.k1.W10.AA"):
        code, out, _ = run("inspect", bad, "--json")
        assert (code, json.loads(out)["is_valid"]) == (1, False)
        assert run("inspect", bad)[1].startswith("NOT VALID")


def test_inspect_needs_no_home(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """The keys that ship with the program are enough to say that a text is not theirs; nothing is made."""
    vendor = Vendor.new("nobody")
    with pytest.raises(SystemExit) as ended:
        main(["--home", str(tmp_path / "none"), "inspect", vendor.text(vendor.license(customer="Union"))])
    assert ended.value.code == 1
    printed = capsys.readouterr().out
    assert "NOT VALID, key nobody" in printed
    assert "Union" in printed
    assert not (tmp_path / "none").exists()


def test_a_backup_has_books_and_keys(run: Run, shop: Shop, tmp_path: Path) -> None:
    """One file for its owner only, from which both come back; the keys stay out when that is said."""
    license_id, _ = issued(run)
    path = tmp_path / "backup.tar"
    assert run("backup", path)[0] == 0
    assert path.stat().st_mode & 0o777 == 0o600
    with tarfile.open(path) as archive:
        archive.extractall(tmp_path / "restored", filter="data")
    with closing(Books.open(tmp_path / "restored" / "licensor.db")) as books:
        assert books.find(license_id).customer == "Union"
    restored = tmp_path / "restored" / "keys" / "k1.pem"
    assert restored.read_bytes() == (shop.home.keys / "k1.pem").read_bytes()
    assert run("backup", path)[0] == 1
    assert document(run, "backup", tmp_path / "books.tar", "--without-keys")["keys"] == []
    assert [one.name for one in shop.home.folder.iterdir() if "tmp" in one.name] == []


def test_keys_from_the_command_line(run: Run, tmp_path: Path) -> None:
    """Made with a passphrase from a file, published, retired; without a passphrase only when that is said."""
    words = tmp_path / "passphrase"
    words.write_text("tiger stone window river seven")
    words.chmod(0o600)
    assert run("keys", "create", "k2")[0] == 1
    assert document(run, "keys", "create", "k2", "--passphrase-file", words)["signs"] is False
    assert run("keys", "create", "k3", "--passphrase-file", words, "--no-passphrase")[0] == 2
    assert document(run, "keys", "publish", "--to", tmp_path / "keys.json")["keys"] == ["k1", "k2"]
    assert document(run, "keys", "retire", "k1", "--since", "2026-01-02")["signs_now"] == "k2"
    kept = {key["key_id"]: (key["state"], key["private_half"]) for key in document(run, "keys", "list")["keys"]}
    assert kept == {"k1": ("retired", "plain"), "k2": ("signs", "encrypted")}
    assert run("issue", "--customer", "U", "--plan", "12", "--seats", "0")[0] == 1
    assert document(run, "list")["licenses"] == [], "nothing is issued that could not be signed"


def test_serving_wants_tls_or_a_proxy(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither both nor none of them, nor half a certificate; a certificate that is none is said."""
    monkeypatch.setattr(listener, "write_logs", lambda **_: None)  # it is a process's own, not this one's
    for options in ((), ("--cert", "a.pem"), ("--key", "a.key"), ("--behind-proxy", "--cert", "a", "--key", "b")):
        assert run("serve", *options)[0] == 2
    code, _, err = run("serve", "--port", "0", "--cert", tmp_path / "no.pem", "--key", tmp_path / "no.key")
    assert code == 1
    assert "Certificate and key cannot be used" in err


def test_serving_without_the_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who has no starlette and uvicorn reads how to get them."""
    monkeypatch.setitem(sys.modules, "services.licensor.listener", None)
    monkeypatch.delattr("services.licensor.listener")
    code, _, err = run("serve", "--behind-proxy")
    assert code == 1
    assert "pip install 'restrike-vta[licensor]'" in err


@pytest.mark.parametrize("how", ["empty", "gone"])
def test_empty_books_beside_keys_are_no_new_ones(run: Run, shop: Shop, tmp_path: Path, how: str) -> None:
    """Refused with what to do, and left as they are; a backup that is put back is taken, and what is said to be new."""
    license_id, _ = issued(run)
    assert run("backup", tmp_path / "backup.tar")[0] == 0
    shop.close()
    for path in shop.home.folder.glob("licensor.db*"):
        path.unlink()
    if how == "empty":
        shop.home.books_file.touch()
    for arguments in (["list"], ["issue", "--customer", "Union", "--plan", "12"], ["keys", "create", "k2"]):
        code, out, err = run(*arguments)
        assert (code, out, "Put a backup back" in err) == (1, "", True)
    assert shop.home.books_file.exists() == (how == "empty")
    with tarfile.open(tmp_path / "backup.tar") as archive:
        archive.extractall(shop.home.folder, filter="data")
    assert license_id in run("list")[1]
    shop.home.books_file.write_bytes(b"")
    assert run("keys", "create", "k2", "--no-passphrase", "--new")[0] == 0
    assert document(run, "keys", "list")["keys"][0]["key_id"] == "k2"


def test_small_words(run: Run, tmp_path: Path) -> None:
    """What is wrong is said as people speak, and with advice that does no harm."""
    code, _, err = run("issue", "--customer", "Union", "--plan", "7")
    assert (code, "there is no plan 7" in err, "Value error" in err) == (2, True, False)
    license_id, _ = issued(run, "--checks")
    code, _, err = run("sign", license_id)
    assert (code, err.startswith("No machine has this licence")) == (1, True)
    code, _, err = run("keys", "create", "k2", "--passphrase-file", tmp_path)
    assert (code, "This is a folder" in err, "chmod" in err) == (1, True, False)
    os.mkfifo(tmp_path / "fifo")
    assert "no plain file" in run("answer", tmp_path / "fifo")[2]
    file = tmp_path / "text"
    assert run("issue", "--customer", "Union", "--plan", "12", "--seats", "0", "--checks", "--out", file)[0] == 0
    _, out, _ = run("inspect", file)
    assert "every_hours 24, warn_after_days 5, limit_after_days 7" in out


def test_a_server_that_never_ran_does_not_say_that_it_ended(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its sentence says why, and nothing else is logged."""

    def refuse(*_: object) -> None:
        raise NetworkError("serve.port", "The server cannot listen there: name another --host or --port.")

    monkeypatch.setattr(listener, "listen", refuse)
    monkeypatch.setattr(listener, "write_logs", lambda **_: None)
    with capture_logs() as logged:
        code, _, err = run("serve", "--behind-proxy")
    assert (code, "cannot listen" in err, logged) == (1, True, [])
