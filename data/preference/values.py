"""What the invented requests are made of: people, plans, and the ways a wish is put.

"pool" phrasings and names make the pool and the text the stand-in learns from; "gold" ones stand in gold alone.
"""

# ruff: noqa: SIM905 - a name a line would make two hundred lines

from __future__ import annotations

PLANS = (
    "Fibre 50",
    "Fibre 250",
    "Fibre 1000",
    "Mobile S",
    "Mobile M",
    "Mobile L",
    "Home Basic",
    "Home Plus",
    "Family Max",
    "Student Go",
    "TV Light",
    "Office Pro",
)

FIRST_NAMES = (
    "Anna Ben Carla David Elena Felix Greta Hugo Irene Jonas Karin Leo Maria Nora Oscar Paula Rosa Simon Tara Victor"
    " Alma Boris Clara Dario Emma Frida Gavin Hanna Ivan Julia Kofi Lena Marco Nina Omar Petra Rafael Sofia Tomas Vera"
).split()
LAST_NAMES = {
    "pool": (
        "Berg Costa Dahl Evans Ferrari Garcia Hansen Ivanov Jensen Kowal Larsen Meyer Novak Olsen Petrov Quinn Rossi"
        " Silva Toth Ueda Vogel Weber Young Zeman Adler Bauer Cohen Diaz Ekman Fischer Grant Horvat Islam Jovic Keller"
        " Lopez Martin Nilsen Okoye Patel Reyes Santos Turner Urban Varga Walsh Yilmaz Zhang"
    ).split(),
    "gold": "Abel Brandt Conti Duarte Engel Fontana Gomez Halvorsen Jansen Kraus Lindgren Moreau Navarro".split(),
}

NAME_PARTS = (
    "Ab An Bal Ber Bran Cal Car Dor Du El Fal Fon Gal Gre Hal Hol Ja Kal Kor Kra Lan Lin Mal Mor Na Nor Or Pal Ra Ros"
    " Sal Ster Tal Ul Var Vin Wal Win Ya Zan".split(),
    "art berg dt el en er gard gren ini land ler lin man mez nik o ova rez ro ski son stein ter ti us vik".split(),
)
"""Beginnings and ends of last names that stand in no shipped file: who has seen many copies any."""

MONTHS = "January February March April May June July August September October November December".split()

CHANNELS = ("email", "chat", "app", "sms")

TOPICS = ("plan_change", "cancellation", "bill_copy", "refund", "technician", "address_change")

PHRASINGS = {
    "pool": {
        "plan_change": (
            "please change my plan.",
            "I would like to switch to {plan}.",
            "can I have {plan} instead of my old plan?",
            "my plan no longer fits me, I want {plan}.",
            "when does my new plan start?",
            "move me to {plan}, please.",
            "I asked for another plan, is it done?",
            "we decided on {plan}, from when do we have it?",
        ),
        "cancellation": (
            "please cancel my contract.",
            "I want to end {plan}.",
            "when does my contract end?",
            "I am leaving, please stop my contract.",
            "I no longer need {plan}, cancel it.",
            "did my cancellation reach you?",
            "until when do I have to pay for {plan}?",
            "we want to leave, what is the last day?",
        ),
        "bill_copy": (
            "please send me a copy of my bill.",
            "I lost my bill, can I get a new one?",
            "I need the bill for {plan} on paper.",
            "my tax office wants to see my bill.",
            "when will the copy of my bill come?",
            "I cannot find the last bill for {plan}.",
            "could you send the bill again?",
            "the bill never came, please send it once more.",
        ),
        "refund": (
            "where is my refund?",
            "I was charged twice, when do I get my money back?",
            "you owe me money for {plan}.",
            "please refund what I paid too much.",
            "when will my refund be paid?",
            "I still wait for the money for {plan}.",
            "I paid by mistake, please send the money back.",
            "is my refund on its way?",
        ),
        "technician": (
            "when does the technician come?",
            "please send somebody, my line is dead.",
            "I need a technician for {plan}.",
            "nobody came to repair {plan}.",
            "is there a day for the visit?",
            "my connection fails every night, send a technician.",
            "can the technician come to my house?",
            "which day will {plan} be repaired?",
        ),
        "address_change": (
            "I am moving, please change my address.",
            "we have a new address.",
            "please take {plan} to my new flat.",
            "from when does my new address count?",
            "I moved, does {plan} move too?",
            "my address is wrong, here is the new one.",
            "we move house and want to keep {plan}.",
            "did you save my new address?",
        ),
    },
    "gold": {
        "plan_change": (
            "is the change to {plan} planned?",
            "I want another plan, namely {plan}.",
            "what day will my plan be changed?",
            "my family needs a new plan.",
        ),
        "cancellation": (
            "I do not want {plan} any more, end it.",
            "has my contract been cancelled?",
            "tell me the day my contract stops.",
            "we are leaving you, please cancel.",
        ),
        "bill_copy": (
            "may I have my bill a second time?",
            "send the {plan} bill to me once again.",
            "I need a copy, my bill is lost.",
            "my bill has gone missing.",
        ),
        "refund": (
            "I want my money back for {plan}.",
            "the refund has not come yet.",
            "you charged too much, refund it.",
            "on which day is the money sent back?",
        ),
        "technician": (
            "will a technician visit me for {plan}?",
            "my line needs repair, who comes and when?",
            "the technician did not come.",
            "a visit was promised, which day is it?",
        ),
        "address_change": (
            "note my new address, please.",
            "we moved to another flat with {plan}.",
            "my house is a new one, is the address saved?",
            "can I keep {plan} when I move?",
        ),
    },
}

GREETINGS = ("", "", "Hello, ", "Hi there, ", "Good morning, ", "Dear Plumeline, ")
GOODBYES = ("", "", " Thanks.", " Please confirm.", " Best wishes.")
