"""`abeyance jobs`: what waits to be done, what was given up, and trying it again."""

from __future__ import annotations

import argparse

from abeyance.console import Answer, acting_arguments


def register(sub: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    jobs = sub.add_parser("jobs", help="effects that wait to happen: list, run, try again")
    verbs = jobs.add_subparsers(dest="verb", required=True, metavar="VERB")
    listed = verbs.add_parser("list", help="how many wait, and those that were given up")
    acting_arguments(listed)
    listed.set_defaults(run=run_list)
    due = verbs.add_parser("run", help="run what is due, here and now")
    due.add_argument("--limit", type=int, default=100, help="at most so many")
    due.set_defaults(run=run_due_now)
    again = verbs.add_parser("retry", help="try a given-up job again")
    again.add_argument("job", type=int)
    again.set_defaults(run=run_retry)


def run_list(args: argparse.Namespace) -> Answer:
    from abeyance import outbox
    from abeyance.people.commands import acting

    by = acting(args, needs_credential=False)
    count, found = outbox.waiting(reader=by), outbox.failures(reader=by)
    document = {
        "waiting": count,
        "failed": [
            {
                "job": f.job,
                "task": f.task,
                "ids": dict(f.ids),
                "attempts": f.attempts,
                "at": f.at.isoformat(),
                "why": f.why,
            }
            for f in found
        ],
    }
    lines = [f"{count} jobs wait; {len(found)} were given up."]
    lines += [
        f"{f.job:>8}  {f.task:<32} {f.attempts} attempts, last {f.at:%Y-%m-%d %H:%M}\n          {f.why}" for f in found
    ]
    return Answer(document, "\n".join(lines))


def run_due_now(args: argparse.Namespace) -> Answer:
    from abeyance import outbox

    done = outbox.run_due(max(1, args.limit))
    text = f"{done.succeeded} done, {done.failed} failed."
    return Answer({"succeeded": done.succeeded, "failed": done.failed}, text, code=1 if done.failed else 0)


def run_retry(args: argparse.Namespace) -> Answer:
    from abeyance import outbox

    outbox.retry(args.job)
    return Answer({"job": args.job, "retried": True}, f"Job {args.job} will be tried again.")
