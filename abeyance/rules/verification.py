"""Is the requester genuine? Nothing in a request can prove that it is: letterheads, signatures and real mailboxes are
stolen. So what counts is a *finding* that rests on contact data from somewhere else, and some circumstances raise the
bar: they name which findings still satisfy it.

Left to others: that whoever verifies is not whoever agrees (rules.people), where the directory has its data from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from abeyance.rules.decision import Decision, Outcome, Reason
from abeyance.rules.lookalikes import looks_like
from abeyance.rules.policy import Policy


class FindingKind(StrEnum):
    CALL_BACK = "call-back"  # to a number of the directory, never to one from the request
    KNOWN_KEY = "known-key"  # signed with a key that the directory had before
    KNOWN_CHANNEL = "known-channel"  # came through a channel whose other end was verified before
    AUTHORITY_CONFIRMED = "authority-confirmed"  # the agency's head office or court registry confirmed it


@dataclass(frozen=True)
class GenuineFinding:
    """What somebody did to find out. `contact_since`: since when the directory has the number, key or channel used;
    `contact_source`: where the directory has it from."""

    kind: FindingKind
    by: str
    at: datetime
    contact_source: str = ""
    contact_since: datetime | None = None


@dataclass(frozen=True)
class RequesterFacts:
    """How a request came. Domains are lower case; None is "not known", and not knowing raises the bar as well.
    `known_domains` are all the directory's, `own_domains` those of the agency that the request names."""

    agency: str | None = None  # None: none is stated, or none of that name is in the directory
    stated_agency: str | None = None
    nearest: str | None = None  # in the directory, to a stated agency that is not
    sender_domain: str | None = None
    reply_domain: str | None = None  # of Reply-To, when it differs in any way from the sender
    own_domains: frozenset[str] = frozenset()
    known_domains: frozenset[str] = frozenset()
    sender_known: bool = False  # this very address or officer is in the directory
    seen_before: bool = False  # an earlier request of this sender was found genuine
    emergency: bool = False
    contact_changed_at: datetime | None = None  # the directory's data of this agency was last changed
    contact_in_request_differs: bool = False  # the request gives other numbers or addresses than the directory


@dataclass(frozen=True)
class Bar:
    """One circumstance that raises the bar, why, and what satisfies it all the same."""

    code: str
    sentence: str
    satisfied_by: frozenset[FindingKind]
    settled_contact: bool = False  # only contact data that is older than the policy's settling time counts


ANY_FINDING = frozenset(FindingKind)
SPOKEN = frozenset({FindingKind.CALL_BACK, FindingKind.AUTHORITY_CONFIRMED})
NOT_BY_MAIL = SPOKEN | {FindingKind.KNOWN_KEY}


def raised_bars(facts: RequesterFacts, now: datetime, *, policy: Policy) -> tuple[Bar, ...]:
    """Every bar the request has to clear, the ordinary one first."""
    return tuple(_bars(facts, now, policy))


def bar(facts: RequesterFacts, findings: Sequence[GenuineFinding], now: datetime, *, policy: Policy) -> Decision:
    """PROCEED when every bar is cleared by a finding that is good today; else ASK, with each bar that is not."""
    good = [finding for finding in findings if _is_good(finding, facts, now, policy)]
    open_bars = [each for each in raised_bars(facts, now, policy=policy) if not _cleared(each, good, now, policy)]
    if not open_bars:
        reasons = tuple(Reason(f"found-{f.kind.value}", _said(f), "verification") for f in good)
        return Decision(Outcome.PROCEED, tuple(dict.fromkeys(reasons)), policy.digest)
    return Decision(Outcome.ASK, tuple(_reason(each) for each in open_bars), policy.digest)


def _bars(facts: RequesterFacts, now: datetime, policy: Policy) -> Iterator[Bar]:
    yield Bar("ordinary", "Nobody has found the requester genuine by other means than the request.", ANY_FINDING)
    if facts.agency is None or not facts.sender_known:
        yield Bar("unknown-sender", _who_is_unknown(facts), NOT_BY_MAIL)
    yield from _bars_of_addresses(facts)
    if facts.emergency and not facts.seen_before:
        yield Bar(
            "first-emergency", "An emergency, from somebody who never asked before.", SPOKEN, settled_contact=True
        )
    if facts.contact_in_request_differs:
        yield Bar("other-contact-data", "The request gives other contact data than the directory.", SPOKEN)
    if facts.contact_changed_at and now - facts.contact_changed_at < policy.verification.contact_settles:
        settled = (facts.contact_changed_at + policy.verification.contact_settles).date().isoformat()
        sentence = (
            f"The directory's contact data of this agency changed on {facts.contact_changed_at.date().isoformat()}: "
            f"until {settled} only a number or address counts that the directory has had for "
            f"{policy.verification.contact_settles.days} days."
        )
        yield Bar("contact-changed", sentence, SPOKEN, settled_contact=True)


def _who_is_unknown(facts: RequesterFacts) -> str:
    if facts.agency is not None or facts.stated_agency is None:
        return "The sender is not in the directory."
    perhaps = f" Perhaps {facts.nearest} is meant; then state it." if facts.nearest else ""
    return f"The directory has no agency “{facts.stated_agency}” that counts today.{perhaps}"


def _bars_of_addresses(facts: RequesterFacts) -> Iterator[Bar]:
    domain = facts.sender_domain
    if domain is None:
        yield Bar("no-sender-domain", "It is not known from which address the request came.", NOT_BY_MAIL)
    elif domain not in facts.own_domains:
        yield Bar("foreign-domain", f"The agency does not write from {domain}.", SPOKEN)
    if domain and (copied := looks_like(domain, facts.known_domains)):
        yield Bar("look-alike", f"{domain} looks like {copied}, and is not.", SPOKEN, settled_contact=True)
    if facts.reply_domain is not None and facts.reply_domain != domain:
        yield Bar("reply-elsewhere", f"Answers would go to {facts.reply_domain}, another domain.", SPOKEN)


def _is_good(finding: GenuineFinding, facts: RequesterFacts, now: datetime, policy: Policy) -> bool:
    """A finding names who made it, where the contact data came from, is not of the future and not too old."""
    rules = policy.verification
    valid = rules.emergency_finding_valid if facts.emergency else rules.finding_valid
    sourced = bool(finding.by.strip()) and bool(finding.contact_source.strip())
    return sourced and finding.at <= now < finding.at + valid


def _cleared(each: Bar, findings: Iterable[GenuineFinding], now: datetime, policy: Policy) -> bool:
    return any(
        finding.kind in each.satisfied_by and (not each.settled_contact or _settled(finding, policy))
        for finding in findings
    )


def _settled(finding: GenuineFinding, policy: Policy) -> bool:
    since = finding.contact_since
    return since is not None and finding.at - since >= policy.verification.contact_settles


def _reason(each: Bar) -> Reason:
    ways = " or ".join(sorted(kind.value for kind in each.satisfied_by))
    older = ", with contact data that the directory has had for some time" if each.settled_contact else ""
    return Reason(each.code, f"{each.sentence} What helps: {ways}{older}.", "verification")


def _said(finding: GenuineFinding) -> str:
    return f"Found genuine by {finding.kind.value}, with contact data from: {finding.contact_source}."
