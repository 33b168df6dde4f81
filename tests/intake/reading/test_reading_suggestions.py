"""What a person is offered to confirm, and what must not be offered."""

from __future__ import annotations

from pathlib import Path

import pytest

from abeyance.intake.reading import Reading, ReadingProcess
from tests.intake.reading import papers


@pytest.fixture(scope="module")
def process():
    with ReadingProcess() as running:
        yield running


@pytest.fixture
def read(process, tmp_path: Path):
    def reads(data: bytes, name: str = "order.pdf") -> Reading:
        path = tmp_path / "file"
        path.write_bytes(data)
        return process.read(path, name)

    return reads


def values(reading: Reading, field: str) -> list[str]:
    return [one.value for one in reading.suggestions if one.field == field]


def place(reading: Reading, field: str, value: str) -> str:
    return next(str(one.where) for one in reading.suggestions if (one.field, one.value) == (field, value))


def test_an_order_from_hong_kong_is_understood_in_chinese(read):
    reading = read(papers.pdf(papers.HONG_KONG))
    assert values(reading, "agency")[0] == "香港警務處國家安全處"
    assert values(reading, "requester")[0] == "security-service"
    assert values(reading, "jurisdiction") == ["HK"]
    assert values(reading, "instrument") == ["hk-nsl43-s4"]
    assert values(reading, "reference") == ["NSD/2020/0715"]
    assert values(reading, "email") == ["siu.ming@mail.example"]
    assert values(reading, "telephone") == ["+85291234567"]
    assert values(reading, "user-name") == ["siuming_2020"]
    assert values(reading, "matrix-id") == ["@siuming:matrix.example"]
    assert values(reading, "ip-and-time") == ["203.0.113.7 2020-07-01T12:30:00Z"]
    assert values(reading, "category") == ["SubscriberData", "UserIdentifyingData"]
    assert values(reading, "period") == ["2020-06-01/2020-07-01"]
    assert values(reading, "deadline") == ["2020-07-22"]
    assert values(reading, "secrecy") == ["yes"]
    assert values(reading, "language") == ["zh-Hant"]
    assert values(reading, "officer") == ["陳大文督察"]
    assert values(reading, "officer_email") == ["nsd-officer@police.gov.hk"]
    assert place(reading, "email", "siu.ming@mail.example") == "order.pdf, page 1, line 8"


def test_a_german_letter_names_its_target_and_not_its_writer(read):
    reading = read(papers.pdf(papers.GERMAN), "brief.pdf")
    assert values(reading, "agency") == ["Polizeipräsidium Musterstadt"]
    assert values(reading, "instrument") == ["de-100j"]
    assert values(reading, "jurisdiction") == ["DE"]
    assert values(reading, "reference") == ["12 Js 3456/20"]
    assert values(reading, "email") == ["tatverdacht@mail.example"]
    assert values(reading, "officer_email") == ["erika.beispiel@polizei.musterstadt.de"]
    assert values(reading, "telephone") == ["+4915123456789"]
    assert values(reading, "ip-and-time") == ["198.51.100.23 2020-07-06T12:30:00Z"]
    assert values(reading, "period") == ["2020-06-01/2020-07-01"]
    assert values(reading, "deadline") == ["2020-07-20"]
    assert "SubscriberData" in values(reading, "category")
    assert "TrafficData" not in values(reading, "category")
    assert values(reading, "secrecy") == ["yes"]
    assert values(reading, "language") == ["de"]
    assert values(reading, "kind") == ["disclosure"]


def test_a_court_order_of_the_united_states_asks_for_no_content(read):
    reading = read(papers.pdf("Cover page", papers.UNITED_STATES))
    assert values(reading, "instrument") == ["us-2703d"]
    assert values(reading, "agency")[0] == "United States District Court for the Northern District of California"
    assert values(reading, "requester")[0] == "court"
    assert values(reading, "category") == ["SubscriberData", "TrafficData"]
    assert values(reading, "secrecy") == ["yes"]
    assert values(reading, "deadline") == ["10 days"]
    assert values(reading, "period") == ["2020-06-01/2020-07-01"]
    assert values(reading, "email") == ["account-one@mail.example"]
    assert values(reading, "officer_email") == ["joan.roe@fbi.gov"]
    assert values(reading, "telephone") == []
    assert values(reading, "user-name") == ["redfox77"]
    assert values(reading, "account-id") == ["100012345678"]
    assert values(reading, "ip-and-time") == ["2001:db8::7 2020-06-30T23:59:59Z"]
    assert values(reading, "emergency") == []
    assert place(reading, "instrument", "us-2703d") == "order.pdf, page 2, line 4"


def test_an_emergency_is_seen_and_a_denied_one_is_not(read):
    reading = read(papers.mail(papers.EMERGENCY).as_bytes(), "edr.eml")
    assert values(reading, "emergency") == ["yes"]
    assert values(reading, "instrument") == ["us-emergency"]
    assert values(reading, "kind") == ["emergency"]
    assert values(reading, "deadline") == ["2 hours"]
    assert values(reading, "telephone") == ["+14155552671"]
    assert values(reading, "user-name") == ["lost_child"]
    assert values(reading, "agency") == ["Springfield Police Department"]
    calm = read(papers.mail("This is not an emergency request.").as_bytes(), "calm.eml")
    assert values(calm, "emergency") == []


def test_a_european_order_is_not_taken_for_the_other_one(read):
    reading = read(papers.pdf(papers.EPOC))
    assert values(reading, "instrument") == ["eu-epoc"]
    assert values(reading, "jurisdiction") == ["DE", "EU"]
    assert values(reading, "agency") == ["Amtsgericht Musterstadt"]
    assert values(reading, "reference") == ["5 Gs 123/26"]
    assert values(reading, "deadline") == ["10 days"]
    assert values(reading, "period") == ["2026-08-20/2026-09-01"]
    assert values(reading, "category") == ["TrafficData"]
    assert values(reading, "email") == ["user.epoc@mail.example"]
    other = read(papers.pdf("EUROPEAN PRESERVATION ORDER CERTIFICATE (EPOC-PR)"))
    assert values(other, "instrument") == ["eu-epoc-pr"]
    assert values(other, "kind") == ["preservation"]


def test_the_writer_of_a_mail_is_never_its_target(read):
    body = (
        "Please provide subscriber data for bad.actor@mail.example.\n"
        "Reply to ada.poe@police.example or to desk@police.example.\n\nKind regards\nAda Poe\n"
        "+1 202 555 0143\nada@home.example\n"
    )
    reading = read(papers.mail(body).as_bytes(), "m.eml")
    assert values(reading, "email") == ["bad.actor@mail.example"]
    assert values(reading, "officer_email") == ["ada.poe@police.example", "desk@police.example", "ada@home.example"]
    assert values(reading, "telephone") == []
    assert "legal@host.example" not in {one.value for one in reading.suggestions}


def test_a_flood_of_identifiers_is_cut_and_the_rest_is_still_found(read):
    flood = "\n".join(f"target{number}@mail.example" for number in range(3000))
    reading = read(papers.mail(f"{flood}\nAnswer within 3 days.").as_bytes(), "m.eml")
    assert len(reading.suggestions) <= 500
    assert values(reading, "deadline") == ["3 days"]
    assert "too many identifiers: only the first were suggested" in reading.marks


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("根据有关法律规定，请贵公司协助提供该用户的注册资料以及登录记录，谢谢合作。", "zh-Hans"),
        ("Nous vous demandons de transmettre les données relatives aux abonnés pour le compte suivant.", "fr"),
        ("نطلب منكم تزويدنا بجميع البيانات المتعلقة بالحساب المذكور أدناه خلال عشرة أيام", "ar"),
        ("Ми просимо надати всі дані про користувача", "ru"),
        ("Pyydämme toimittamaan käyttäjän tiedot poliisille viipymättä kirjallisesti tämän viikon aikana", "fi"),
    ],
)
def test_languages_are_told_apart(read, text, language):
    assert values(read(text.encode(), "t.txt"), "language") == [language]


def test_hidden_words_of_a_page_suggest_nothing(read):
    page = (
        "<html><body><p>Account: seen@mail.example</p><p style='display: none'>unseen@mail.example</p>"
        "<script>x='script@mail.example'</script><img src='https://track.example/a.png'></body></html>"
    )
    reading = read(page.encode(), "page.html")
    assert values(reading, "email") == ["seen@mail.example"]
    assert reading.parts[0].mark == "hidden text left out; remote content not loaded"
