# SPDX-License-Identifier: BSD-2-Clause
"""Stock ssh-keygen accepts our signatures, and not over other statements."""

import base64
import json
import pathlib
import subprocess
import sys
import tempfile

import reference as ref

HERE = pathlib.Path(__file__).resolve().parent
WHO = "alice@example.org"


def verify(folder, vector, message):
    blob = bytes.fromhex(vector["blob"])
    key_type = ref.SSH_NAME[vector["alg"]].decode()
    (folder / "allowed").write_text('%s namespaces="%s" %s %s\n' % (
        WHO, vector["ns"], key_type, base64.b64encode(blob).decode()))
    (folder / "sig").write_text(ref.armor(bytes.fromhex(vector["sshsig"])))
    run = subprocess.run(
        ["ssh-keygen", "-Y", "verify", "-f", str(folder / "allowed"), "-I",
         WHO, "-n", vector["ns"], "-s", str(folder / "sig")],
        input=message, capture_output=True, check=False)
    return run.returncode == 0


def fingerprint(folder, vector):
    (folder / "key.pub").write_text("%s %s\n" % (
        ref.SSH_NAME[vector["alg"]].decode(),
        base64.b64encode(bytes.fromhex(vector["blob"])).decode()))
    run = subprocess.run(["ssh-keygen", "-l", "-f", str(folder / "key.pub")],
                         capture_output=True, check=True, text=True)
    digits = run.stdout.split()[1].removeprefix("SHA256:")
    return base64.b64decode(digits + "=").hex()


def signatures():
    vectors = json.loads((HERE / "sshsig.json").read_text())["valid"]
    assert vectors
    return [dict(v, sshsig=v["hex"]) for v in vectors]


def attestations():
    """The device key signs the document, in its own namespace."""
    vectors = json.loads((HERE / "attest.json").read_text())["valid"]
    assert vectors
    return [dict(v, alg=ref.ED25519, ns=ref.NS_ATTEST,
                 token_id=ref.sha256(bytes.fromhex(v["blob"])).hex())
            for v in vectors]


def main():
    vectors = signatures() + attestations()
    failed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for v in vectors:
            message = bytes.fromhex(v["message"])
            result = (verify(folder, v, message),
                      verify(folder, v, message + b"."),
                      fingerprint(folder, v) == v["token_id"])
            print("%-24s %s" % (v["name"], result))
            failed += result != (True, False, True)
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
