"""Words of file names of flags: which say nothing, and which say more than one thing.

Data only, for shared/flags/recognition.py; `restrike flags`.
"""

import re
from typing import Final

FLAG_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
        flag flags flagge fahne flaggen bandera banderas drapeau drapeaux bandeira bandiera vlag zastava flaga
        bayrak bayragi noc ioc iso
        """,
    )
)
"""Words that say that it is a flag."""
NOISE: Final = FLAG_WORDS | frozenset(
    re.findall(
        r"\w+",
        """
        of the de la le du des der die das von del della svg png jpg jpeg webp gif icon icons icons8 flaticon
        wikipedia wikimedia commons round rounded square circle circular waving wave wavy small large medium big
        mini hd 4k px xs sm md lg xl copy kopie copie copia final national country team
        vector 2d 3d shiny glossy web print rgb cmyk emoji twemoji hires lowres image img
        picture transparent rectangle rectangular
        """,
    )
)
"""Words that say nothing of the country. `new`, `old`, `state`, `olympic` and `ensign` do: New Guinea, an old flag, New
York State, the Russian Olympic Committee, the red one of British ships. `de`, `la`, `md` and `sm` are codes, too.
"""
JOINING: Final = frozenset({"and", "und", "et", "y", "e", "i", "en"})
"""Between the parts of a name: Serbia and Montenegro is Serbia-Montenegro."""
WRITTEN_OUT: Final = {"rep": "republic", "repub": "republic", "dem": "democratic", "nth": "north", "sth": "south"}
"""What short words stand for; `DPR` and the like are in the names themselves."""
AMBIGUOUS: Final = frozenset(
    {
        "congo",
        "dominicaine",
        "dominican",
        "granada",
        "guayana",
        "guiana",
        "island",
        "islands",
        "jersey",
        "kongo",
        "korea",
        "man",
        "mixed",
        "neutral",
        "norfolk",
        "north vietnam",
        "papua",
        "refugee",
        "republic of vietnam",
        "republic vietnam",
        "saint martin",
        "san martin",
        "slovenska",
        "slovenske",
        "slovenski",
        "south vietnam",
        "st martin",
        "timor",
        "tunis",
        "unified",
        "vietnam south",
        "virgin islands",
    }
)
"""Names that could be of several countries, or of a shirt; as they are compared."""
ALSO_WORDS: Final = frozenset(
    re.findall(
        r"\w+",
        """
        am an and ant as at ban bar be ben bot by cam can car col com den do dom est far fin for gam geo gum he hun id
        in is it jam js lie mac mad man map mas may me mix mon my net nor no pan per ph pol pm por ps re rot sam sh sin
        so sol sud sun sur tan to tv van vin ws
        """,
    )
)
"""Codes that are words, too: `no flag`, `sun icon`, `Sud-Soedan`; those of three letters are codes beside `flag`."""
