"""An invented Western registry without any number: names, dates, places, occupations, each record worse than the last.

``python -m benchmarks.historic_corpus OUT_DIR --persons 5000 --seed 3``; columns unique_id, cluster, full_name,
first_name, surname, dob, birth_place, postcode, gender, occupation.
"""

from __future__ import annotations

import argparse
import csv
import random
from datetime import date, timedelta
from pathlib import Path

COLUMNS = (
    "unique_id",
    "cluster",
    "full_name",
    "first_name",
    "surname",
    "dob",
    "birth_place",
    "postcode",
    "gender",
    "occupation",
)
GIVEN = {
    "male": "john william thomas george james charles henry robert edward richard joseph arthur frederick alfred samuel "
    "david walter francis daniel benjamin peter alexander harry philip ernest hugh percy herbert nathaniel augustus",
    "female": "mary elizabeth anne margaret jane alice sarah catherine emma florence edith charlotte frances ellen louisa "
    "caroline harriet dorothy agnes eleanor julia lucy isabella martha rebecca helen",
}
NICKNAMES = {
    "john": ("jack", "johnny"),
    "william": ("will", "bill", "billy"),
    "thomas": ("tom", "tommy"),
    "james": ("jim", "jimmy"),
    "charles": ("charlie",),
    "henry": ("harry", "hal"),
    "robert": ("bob", "rob", "bobby"),
    "edward": ("ted", "ned", "eddie"),
    "richard": ("dick", "rick"),
    "joseph": ("joe",),
    "samuel": ("sam",),
    "david": ("dave",),
    "francis": ("frank",),
    "daniel": ("dan",),
    "benjamin": ("ben",),
    "alexander": ("alex", "sandy"),
    "alfred": ("alf", "fred"),
    "elizabeth": ("eliza", "beth", "betty"),
    "margaret": ("maggie", "peggy"),
    "mary": ("polly", "molly"),
    "catherine": ("kate", "kitty"),
    "sarah": ("sally",),
    "ellen": ("nelly",),
    "florence": ("flo",),
    "harriet": ("hattie",),
}
STEMS = [
    "ash",
    "bar",
    "beck",
    "black",
    "brad",
    "bur",
    "cart",
    "chester",
    "clif",
    "col",
    "cran",
    "dal",
    "den",
    "ed",
    "fair",
    "farn",
    "gar",
    "gold",
    "grim",
    "hal",
    "har",
    "hart",
    "haw",
    "hol",
    "hunt",
    "kel",
    "kirk",
    "lang",
    "law",
    "lin",
    "mar",
    "mil",
    "nor",
    "oak",
    "pem",
    "pres",
    "rad",
    "red",
    "rich",
    "rob",
    "row",
    "shel",
    "sher",
    "stan",
    "stock",
    "sut",
    "thorn",
    "trev",
    "wal",
    "war",
    "wat",
    "wes",
    "whit",
    "wil",
    "win",
    "wood",
    "worth",
]
ENDS = ("ton", "ley", "field", "ford", "son", "well", "man", "er", "ham", "by", "wood", "worth", "s", "more", "land", "ing")
PLACES = [
    "london",
    "manchester",
    "birmingham",
    "leeds",
    "york",
    "bristol",
    "norwich",
    "exeter",
    "oxford",
    "cambridge",
    "edinburgh",
    "glasgow",
    "cardiff",
]
COUNTIES = [
    "kent",
    "surrey",
    "devon",
    "norfolk",
    "essex",
    "lancashire",
    "yorkshire",
    "cornwall",
    "dorset",
    "suffolk",
    "cheshire",
    "somerset",
]
WORK = (
    "politician",
    "painter",
    "cricketer",
    "writer",
    "clergyman",
    "military officer",
    "engineer",
    "architect",
    "actor",
    "botanist",
    "physician",
    "lawyer",
    "composer",
    "footballer",
    "historian",
    "poet",
    "sculptor",
    "explorer",
)


def person(draw: random.Random, number: int) -> dict[str, str]:
    """An invented person, as first recorded."""
    sex = "male" if draw.random() < 0.82 else "female"
    names = GIVEN[sex].split()
    first = names[min(int(draw.expovariate(1 / 7)), len(names) - 1)]
    surname = draw.choice(STEMS) + draw.choice(ENDS)
    middle = draw.choice(names) + " " if draw.random() < 0.35 else ""
    born = date(1650, 1, 1) + timedelta(days=int(draw.betavariate(4, 1.5) * 110_000))
    area = f"{draw.choice('abdehlmnstw')}{draw.choice('abehlnrs')}{draw.randrange(1, 30)}"
    return {
        "cluster": f"Q{number:06d}",
        "full_name": f"{first} {middle}{surname}",
        "first_name": first,
        "surname": surname,
        "dob": f"{born:%Y-%m-%d}" if draw.random() < 0.8 else f"{born.year}-01-01",
        "birth_place": draw.choice(PLACES) if draw.random() < 0.5 else draw.choice(COUNTIES),
        "postcode": f"{area} {draw.randrange(1, 9)}{draw.choice('abdefg')}{draw.choice('hjlnpq')}",
        "gender": sex,
        "occupation": draw.choice(WORK),
    }


def worse(draw: random.Random, row: dict[str, str], share: float) -> dict[str, str]:
    """A later record of the same person: every field may have suffered."""
    out = dict(row)

    def suffers(weight: float) -> bool:
        return draw.random() < share * weight

    if suffers(0.35) and out["first_name"] in NICKNAMES:
        nick = draw.choice(NICKNAMES[out["first_name"]])
        out["full_name"] = out["full_name"].replace(out["first_name"], nick, 1)
        out["first_name"] = nick
    if suffers(0.2):
        out["first_name"] = out["first_name"][:1]
        out["full_name"] = f"{out['first_name']} {out['surname']}"
    if suffers(0.3):
        out["full_name"] = f"{out['first_name']} {out['surname']}"
    for name in ("first_name", "surname"):
        if suffers(0.25) and len(out[name]) > 3:
            typo = _typo(draw, out[name])
            out["full_name"] = out["full_name"].replace(out[name], typo, 1)
            out[name] = typo
    if suffers(0.12):
        out["surname"] = draw.choice(STEMS) + draw.choice(ENDS)
        out["full_name"] = f"{out['first_name']} {out['surname']}"
    if suffers(0.5):
        out["dob"] = _other_day(draw, out["dob"])
    if suffers(0.35):
        out["birth_place"] = draw.choice(("", "", draw.choice(PLACES + COUNTIES)))
    if suffers(0.55):
        area = out["postcode"].split(" ")[0]
        out["postcode"] = draw.choice(("", f"{area} {draw.randrange(1, 9)}{draw.choice('abdefg')}{draw.choice('hjlnpq')}"))
    if suffers(0.2):
        out["gender"] = ""
    if suffers(0.5):
        out["occupation"] = draw.choice(("", "", draw.choice(WORK)))
    return out


def _typo(draw: random.Random, text: str) -> str:
    place = draw.randrange(1, len(text) - 1)
    letter = draw.choice("abcdefghijklmnopqrstuvwxyz")
    swapped = text[: place - 1] + text[place] + text[place - 1] + text[place + 1 :]
    longer, shorter = text[:place] + letter + text[place:], text[:place] + text[place + 1 :]
    return draw.choice((longer, shorter, text[:place] + letter + text[place + 1 :], swapped))


def _other_day(draw: random.Random, text: str) -> str:
    day = date.fromisoformat(text)
    near, far = day + timedelta(days=draw.randrange(-60, 60)), day.year + draw.choice((-1, 1, 10, -10))
    return draw.choice(("", f"{day.year}-01-01", str(near), f"{far}{day:-%m}-01"))


def corpus(persons: int, seed: int, harm: float = 1.0) -> list[dict[str, str]]:
    """All records, shuffled; ``harm`` scales the damage."""
    draw = random.Random(seed)
    rows = []
    for number in range(persons):
        first = person(draw, number)
        for copy in range(1 + min(int(draw.expovariate(1 / 9)), 30)):
            rows.append(worse(draw, first, min(0.95, harm * (0.25 + 0.08 * copy))) if copy else first)
    draw.shuffle(rows)
    return [{"unique_id": f"{row['cluster']}-{place}", **row} for place, row in enumerate(rows)]


def write(rows: list[dict[str, str]], folder: Path) -> None:
    """Write records.csv (without the cluster) and truth.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "records.csv").open("w", newline="", encoding="utf-8") as out:
        table = csv.DictWriter(out, [name for name in COLUMNS if name != "cluster"], extrasaction="ignore")
        table.writeheader()
        table.writerows(rows)
    with (folder / "truth.csv").open("w", newline="", encoding="utf-8") as out:
        out.write("rec_id,entity_id\n")
        out.writelines(f"{row['unique_id']},{row['cluster']}\n" for row in rows)


def main() -> None:
    """Write a corpus."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--persons", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--harm", type=float, default=1.0)
    options = parser.parse_args()
    write(corpus(options.persons, options.seed, options.harm), options.folder)


if __name__ == "__main__":
    main()
