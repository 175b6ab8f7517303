"""Whose log it is, by folder."""

from __future__ import annotations

import pytest

from analyzer.sources import name_nodes


@pytest.mark.parametrize(
    ("folders", "names"),
    [
        ("node-a/Logs node-b/Logs", "node-a node-b"),
        ("bundle/node-a/Logs bundle/node-b/Logs", "node-a node-b"),
        ("node-a.zip/Logs node-b.tar.gz/Logs", "node-a node-b"),
        ("all/node-a.zip!/Logs all/node-b.zip!", "node-a node-b"),
        ("Octopus/Logs/OCTO-1 Octopus/Logs/OCTO-2", "OCTO-1 OCTO-2"),
        ("web/node-a web/node-b workers/node-c workers/node-d", "node-a node-b node-c node-d"),
        ("one/node-a/Logs one/node-b/Logs two/node-a/Logs two/node-b/Logs", "node-a node-b node-a node-b"),
        ("node-a/Logs/2023-09-18 node-a/Logs/2023-09-19 node-b/Logs", "node-a node-a node-b"),
        ("node-a/Logs node-a/Logs/Archive node-b/Logs", "node-a node-a node-b"),
        ("node-a/Octopus-Logs node-b/Octopus-Logs", "node-a node-b"),
        ("monday/OCTO-A/Logs tuesday/OCTO-A/Logs", "OCTO-A OCTO-A"),
        ("OCTO-A/Logs", "OCTO-A"),
        ("customer/OCTO-A/C/Octopus/Logs", "OCTO-A"),
        ("server1 server2", "server1 server2"),
        ("Logs", "-"),
        ("Logs Logs/Archive", "- -"),
        (". node-b/Logs", "- node-b"),
        ("2023-09-18/Logs", "-"),
    ],
)
def test_the_folder_that_sets_it_apart(folders, names):
    sources = [f"{folder}/OctopusServer.txt".removeprefix("./") for folder in folders.split()]
    expected = {source: name for source, name in zip(sources, names.split(), strict=True) if name != "-"}
    assert name_nodes(sources) == expected
    assert name_nodes(sources[::-1]) == expected


def test_no_sources_no_names():
    assert name_nodes([]) == {}
