"""The known incidents, from public issue threads (formats document, section 11); versions as the threads state them.

Left out because too little is public to recognise them: 8237 (known only as a report of a wrong status, without cause,
versions or lines to look for) and 1665 (logs merged after a new installation: another suffix tells these logs apart).
"""

from __future__ import annotations

from datetime import timedelta

from analyzer.incidents import special
from analyzer.incidents.known import Known
from analyzer.incidents.signs import both, either, judged, only, run_again_within, said, told, undecided, unless
from analyzer.incidents.versions import Range
from analyzer.names import HELD

AT_ONCE = judged("OCT101")
STUCK = judged("OCT304", detail="state", holds="Cancelling")
LOCK_TIMEOUT = said(r"\bError Number: ?1222\b|\b[Ee]rror 1222\b|Lock request time out period exceeded")
COOL_DOWN = timedelta(seconds=90)
"""A node keeps a log open for a minute; and two nodes' clocks differ."""

CATALOGUE: tuple[Known, ...] = (
    Known(
        id="8356",
        title="Tasks run more than once, at the same time, on several nodes",
        versions=(Range("2023.3", "2023.3.13026"),),
        needs=("executions",),
        signature=judged("OCT101", two_nodes=True),
        doubt=undecided,
        sign="two nodes executed one task at the same time",
        called="double run",
        twins="6748: one run after the other; 6522: scheduled tasks; a pause resumed on another node. None has OCT101.",
        remedy="Upgrade to 2023.3.13026 or later. Until then run one node, or let one node at a time take tasks and "
        "drain it; check by `analyzer show` what the tasks did twice.",
        page="https://status.octopus.com/incidents/kb75yypz00zg",
    ),
    Known(
        id="6748",
        title="Lines of an auto-deploy are lost when it starts on another node within a minute",
        versions=(Range("2018.7.5", "2025.2.10530"),),
        needs=("server log", "executions"),
        signature=unless(both(run_again_within(COOL_DOWN), judged("OCT103")), AT_ONCE),
        doubt=unless(special.lock_without_log, AT_ONCE),
        sign="another node ran a task again within a minute of its end and could not write to its log",
        twins="8356 writes the same error but overlaps; a lock error without a run before it is a backup program.",
        remedy="Nothing ran twice at once: only log lines are missing. 2025.2.10530 and later give every writer a "
        "file of its own.",
        also=("9413",),
    ),
    Known(
        id="9539",
        title="One task log grows with every auto-deploy",
        needs=("raw task log", "executions"),
        signature=unless(special.grown_log, AT_ONCE),
        sign="several re-runs under one task id were appended to one log",
        twins="6748 needs a failed append; 8599 a folder beside the file; 8356 runs at the same time.",
        remedy="Create a new release or deployment now and then, so that triggers append to a fresh log.",
    ),
    Known(
        id="8599",
        title="A task has a log file and a log folder; the portal shows only one",
        versions=(Range("2022.4.4166", "2023.3.13315"),),
        needs=("raw task log",),
        signature=special.two_layouts,
        sign="a task's log is both a single file and a folder of parts",
        twins="A folder with several parts alone is normal from 2025.2.10530 on.",
        remedy="Upgrade to 2023.3.13315 or later; the earlier part is in the single file.",
    ),
    Known(
        id="6522",
        title="Nodes dispute the logs of scheduled tasks",
        versions=(Range("2020.3"),),
        needs=("server log",),
        signature=said(r"(?:correlationId|Append log entry to) *\"?ScheduledTasks_", also=HELD),
        sign="an append to a scheduled task's log failed because another process held it",
        twins="8356 and 6748 fail on servertasks-N: only those are deployments.",
        remedy="Harmless to deployments: scheduled tasks run on every node. Ignore it.",
        harmless=True,
        also=("4533", "2928", "7624"),
    ),
    Known(
        id="3258",
        title="Nodes take the leadership from each other again and again",
        versions=(Range("3.10", "3.12"),),
        reported=True,
        needs=("server log",),
        signature=special.leader_changes,
        sign="nodes became leader again and again without a restart",
        twins="A node that becomes leader once after each start is normal.",
        remedy="Compare the nodes' clocks and their connection to the database; then upgrade.",
        also=("3266",),
    ),
    Known(
        id="3550",
        title="Storage tears task logs",
        versions=(Range(),),
        needs=("raw task log",),
        signature=unless(
            either(
                judged("OCT204", detail="causes", holds="torn entries"),
                judged("OCT201", detail="cause", holds="block moved"),
                only(said("An error occured reading the log file"), "the torn log itself is not in the input"),
            ),
            AT_ONCE,
        ),
        sign="entries of a task's log are torn or moved",
        twins="With two writers (8356) whole entries are missing; 3273 fails to append and tears nothing.",
        remedy="The deployment itself is not affected. Put TaskLogs on storage that keeps writes in order, or look at "
        "the SAN, NAS or DFS below it.",
        also=("6478", "8171"),
    ),
    Known(
        id="8136",
        title="HasWarningsOrErrors is set wrongly by a race",
        needs=("raw task log", "status"),
        signature=unless(judged("OCT305"), AT_ONCE),
        sign="HasWarningsOrErrors contradicts a complete log of one execution",
        twins="With two executions at once (8356) two logs write one flag.",
        remedy="Trust the log, not the flag.",
    ),
    Known(
        id="7903",
        title="A canceled task runs on to its end",
        versions=(Range("2022.3", "2023.2"),),
        needs=("executions", "status"),
        signature=special.canceled_but_complete,
        sign="a task that was over as Canceled went on to its success",
        twins="A cancellation that arrives when all is done: the task's completion is not before the log's end.",
        remedy="Treat the task as deployed. Upgrade to 2023.2 or later.",
    ),
    Known(
        id="7920",
        title="Tasks hang in Cancelling after a lock timeout of the database",
        versions=(
            Range("2022.3", "2022.3.10827"),
            Range("2022.4", "2022.4.8196"),
            Range("2023.1", "2023.1.2211"),
        ),
        needs=("status", "server log"),
        signature=both(STUCK, LOCK_TIMEOUT),
        sign="a task hangs in Cancelling and a server log has SQL error 1222",
        twins="8214 hangs without that error.",
        remedy="Upgrade to 2022.3.10827, 2022.4.8196, 2023.1.2211 or later; restart the node that owns the task.",
        also=("7921",),
    ),
    Known(
        id="8214",
        title="Tasks hang in Cancelling",
        versions=(Range("2022.4"),),
        needs=("status",),
        signature=unless(STUCK, LOCK_TIMEOUT, need="server log"),
        sign="a task hangs in Cancelling without a lock timeout of the database",
        twins="7920 has SQL error 1222 in a server log.",
        remedy="Restart the node that owns the task.",
    ),
    Known(
        id="2882",
        title="After ten retries a failed step is ignored and the task succeeds",
        versions=(Range("3.4.12", "3.4.16"),),
        needs=("executions",),
        signature=both(judged("OCT302"), told(r"(?i)\bretry attempt (?:[1-9]\d)\b")),
        sign="a task is a Success over a step that failed after ten attempts",
        twins="A failure ignored by guidance, and a step whose last attempt succeeded: neither has OCT302.",
        remedy="Deploy again: the step was not done. Upgrade to a version above 3.4.15.",
        also=("2885",),
    ),
    Known(
        id="7208",
        title="Audit events of successes do not name their task",
        versions=(Range("2021.2", "2021.2.7808"),),
        needs=("audit events", "status"),
        signature=special.success_without_event,
        sign="the audit knows a task's start and not its success",
        twins="An export that ends before the task does.",
        remedy="Take final states from the API or the database. Upgrade to 2021.2.7808 or later.",
        also=("6955",),
    ),
    Known(
        id="3273",
        title="A broken file handle on a share loses log lines",
        versions=(Range("3.11", "3.12"),),
        reported=True,
        needs=("server log",),
        signature=said(r"Append log entry to \"?ServerTasks-", also=r"(?i)handle is invalid|access a closed file"),
        sign="appends to a task's log failed on a broken file handle",
        twins="8356 and 6748 fail because another process holds the file.",
        remedy="Look at the share (antivirus, network, CIFS locks); the lines of the last attempt are lost.",
        also=("8639",),
    ),
    Known(
        id="5355",
        title="Each node writes its own TaskLogs: the folder is not shared",
        needs=("raw task log", "server log"),
        signature=special.separate_folders,
        sign="two nodes' folders hold different task logs with alternating numbers",
        twins="Copies of one shared folder hold the same logs.",
        remedy="Point every node at one shared TaskLogs folder.",
    ),
)
