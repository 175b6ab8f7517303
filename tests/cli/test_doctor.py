"""`analyzer doctor` on the samples, as whole processes."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest

from tests.cli.process import ROOT, command, environment, run

SAMPLES = ROOT / "sample_logs"


@pytest.mark.parametrize("name", ["double-run", "text-download", "segments"])
def test_every_sample_fits_60_columns(name):
    done = run("doctor", SAMPLES / name, COLUMNS="60")
    assert (done.returncode, done.stderr) == (0, b"")
    lines = done.stdout.decode("ascii").splitlines()
    assert all(len(line) <= 60 or " " not in line.strip() for line in lines)
    assert {"FORMATS", "TIMES", "NODES", "VERSIONS", "QUESTIONS"} <= set(lines)


def test_an_archive_holds_the_same_as_its_folder(tmp_path):
    folder = SAMPLES / "hand-over" / "bundle"
    packed = shutil.make_archive(str(tmp_path / "bundle"), "zip", folder)
    assert run("doctor", packed).stdout == run("doctor", folder).stdout


def test_a_bundle_without_a_nodes_log_says_what_to_ask_for(tmp_path):
    shutil.copytree(SAMPLES / "hand-over" / "bundle", tmp_path / "b")
    shutil.rmtree(tmp_path / "b" / "ZOUCHOND-HA8")
    found = json.loads(run("doctor", tmp_path / "b", "--json", "-").stdout)
    (gap,) = [one for one in found["gaps"] if "ZOUCHOND-HA8" in one["what"]]
    assert gap["what"] == "the server log of ZOUCHOND-HA8 is not in the input"
    assert gap["tasks"]
    assert any("OctopusServer.txt" in wish and "ZOUCHOND-HA8" in wish for wish in found["ask"])
    (double,) = [one for one in found["questions"] if one["code"] == "OCT101"]
    assert double["answered"] < double["tasks"]


def test_a_configuration_of_the_working_directory_names_nodes(tmp_path):
    shutil.copytree(SAMPLES / "hand-over" / "bundle", tmp_path / "b")
    (tmp_path / "analyzer.toml").write_text("[nodes]\nEAST = 'b/ZOUCHOND-HA8'\n", encoding="utf-8")
    done = subprocess.run(
        command("doctor", "b", "--json", "-"), cwd=tmp_path, env=environment(), capture_output=True, check=True
    )
    (node,) = [one for one in json.loads(done.stdout)["nodes"] if one["name"] == "EAST"]
    assert node == {"name": "EAST", "known_from": ["--node"], "server_logs": 1}


def test_an_empty_folder(tmp_path):
    done = run("doctor", ".", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout.startswith(b"0 sources")
    assert done.stderr == b"analyzer: .: nothing of a known format was found in it\n"
