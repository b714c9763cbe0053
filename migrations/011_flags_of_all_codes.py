"""What each known code stands for, the history of that, and operators' own pictures beside those that ship."""

# A line is CODE name, or CODE>CODE OF TODAY name, and after a bar other codes for the same (ISO, older lists).
CODES = """\
AFG Afghanistan
AHO Netherlands Antilles
AIA Anguilla
AIN Individual Neutral Athletes
ALB Albania
ALG Algeria | AGL AGR DZA
ANA Authorised Neutral Athletes
AND Andorra
ANG Angola | AGO
ANT Antigua and Barbuda | ATG
ANZ Australasia
ARG Argentina
ARM Armenia
ARS>KSA Saudi Arabia
ART Athlete Refugee Team
ARU Aruba | ABW
ASA American Samoa | ASM
AUS Australia
AUT Austria
AZE Azerbaijan
BAH Bahamas | BHS
BAN Bangladesh | BGD
BAR Barbados | BAD BRB
BDI Burundi
BEL Belgium
BEN Benin
BER Bermuda | BMU
BHU Bhutan | BTN
BIH Bosnia and Herzegovina | BSH
BIR Burma (1948 to 1988)
BIZ Belize | BLZ
BLR Belarus
BOH Bohemia
BOL Bolivia
BOT Botswana | BWA
BRA Brazil
BRN Bahrain | BHR
BRU Brunei Darussalam
BUL Bulgaria | BGR
BUR Burkina Faso | BFA
BWI West Indies Federation | WIF
CAF Central African Republic | AFC
CAM Cambodia | CAB
CAN Canada
CAY Cayman Islands | CYM
CEY Ceylon
CGO Congo | COG
CHA Chad | CHD TCD
CHI Chile | CHL CIL
CHN China | PRC
CIV Côte d'Ivoire | IVC
CMR Cameroon
COD Democratic Republic of the Congo | DRC RDC
COK Cook Islands
COL Colombia
COM Comoros
COR Korea (unified team)
CPV Cabo Verde
CRC Costa Rica | COS CRI
CRO Croatia | HRV
CRT Crete
CUB Cuba
CUR Curaçao | CUW
CYP Cyprus
CZE Czechia
DAH Dahomey
DEN Denmark | DAN DNK
DJI Djibouti
DMA Dominica
DOM Dominican Republic
ECU Ecuador
EGY Egypt
ENG England
EOR Refugee Olympic Team
ERI Eritrea
ESA El Salvador | SAL SLV
ESP Spain
EST Estonia
ETH Ethiopia | ETI
EUA United Team of Germany
EUN Unified Team
FGT French Guiana | FGU GUF
FIJ Fiji | FJI
FIN Finland
FLK Falkland Islands
FPO French Polynesia | PYF TAH
FRA France
FRG Federal Republic of Germany | BRD
FRO Faroe Islands | FAR
FSM Federated States of Micronesia
GAB Gabon
GAM Gambia | GMB
GBR Great Britain | GBI
GBS Guinea-Bissau | GNB
GCO Gold Coast
GDL Guadeloupe | GLP GUD
GDR German Democratic Republic | DDR
GEO Georgia
GEQ Equatorial Guinea | GNQ
GER Germany | DEU
GGY Guernsey | GUE
GHA Ghana
GIB Gibraltar
GRE Greece | GRC
GRL Greenland
GRN Grenada | GRD
GUA Guatemala | GTM
GUI Guinea | GIN
GUM Guam
GUT>GUA Guatemala
GUY Guyana
HAI Haiti | HTI
HBR British Honduras
HEL Saint Helena | SHN
HKG Hong Kong, China | HOK
HOL>NED Netherlands
HON Honduras | HND HOD
HUN Hungary | UNG
IHO Dutch East Indies
IMN Isle of Man | IOM
INA Indonesia | IDN INS
IND India
IOA Independent Olympic Athletes
IOC International Olympic Committee
IOP Independent Olympic Participants
IPA Independent Paralympic Athletes
IPC International Paralympic Committee
IPP Independent Paralympic Participants
IRI Islamic Republic of Iran
IRL Ireland
IRN>IRI Islamic Republic of Iran
IRQ Iraq | IRK
ISL Iceland | ICE
ISR Israel
ISV Virgin Islands, US | VIR
ITA Italy
IVB Virgin Islands, British | BVI VGB
JAM Jamaica
JAP>JPN Japan
JEY Jersey | JER
JOR Jordan
JPN Japan | GIA
KAZ Kazakhstan
KEN Kenya
KGZ Kyrgyzstan
KHM>CAM Cambodia
KIR Kiribati
KOR Republic of Korea
KOS Kosovo | KVX XKX
KSA Saudi Arabia
KUW Kuwait | KWT
LAO Lao People's Democratic Republic
LAT Latvia | LVA
LBA Libya | LBY LYA
LBN Lebanon
LBR Liberia
LCA Saint Lucia
LEB>LBN Lebanon
LES Lesotho | LSO
LIB>LBN Lebanon
LIE Liechtenstein | LIC
LTU Lithuania | LIT
LUX Luxembourg
MAC Macau, China
MAD Madagascar | MAG MDG
MAL Malaya
MAR Morocco | MRC
MAS Malaysia | MYS
MAW Malawi | MWI
MAY Mayotte | MYT
MDA Republic of Moldova
MDV Maldives
MEX Mexico | MES
MGL Mongolia | MNG
MHL Marshall Islands | MSH
MIX Mixed team
MKD North Macedonia
MLI Mali
MLT Malta
MNE Montenegro | MGO
MNT Montserrat | MSR
MON Monaco | MCO
MOZ Mozambique
MRI Mauritius | MUS
MRN Martinique | MTQ
MTN Mauritania | MRT
MYA Myanmar | MMR
NAM Namibia
NBO North Borneo
NCA Nicaragua | NIC
NCD New Caledonia | NCL
NED Netherlands | NLD
NEP Nepal | NPL
NFI Norfolk Island | NFK
NGR Nigeria | NGA
NIG Niger | NER
NIR Northern Ireland
NIU Niue
NMA Northern Mariana Islands | MNP
NOR Norway
NPA Neutral Paralympic Athletes
NRH Northern Rhodesia
NRU Nauru
NZL New Zealand | NZE
OAR Olympic Athletes from Russia
OMA Oman | OMN
PAK Pakistan
PAN Panama
PAR Paraguay | PRY
PER Peru
PHI Philippines | FIL PHL
PLE Palestine | PSE
PLW Palau
PNG Papua New Guinea
POL Poland
POR Portugal | PRT
PRK Democratic People's Republic of Korea | NKO
PUR Puerto Rico | PRI PRO
QAT Qatar
RAU United Arab Republic
REU Réunion
RHO Rhodesia
ROC ROC
ROM>ROU Romania
ROT Refugee Olympic Team (2016) | ROA
ROU Romania | RUM
RPC RPC
RPT Refugee Paralympic Team
RSA South Africa | SAF ZAF
RU1 Russian Empire
RUS Russian Federation
RWA Rwanda
SAA Saar
SAM Samoa | WSM
SAU>KSA Saudi Arabia
SCG Serbia and Montenegro
SCO Scotland
SEN Senegal | SGL
SEY Seychelles | SYC
SGP Singapore
SIN>SGP Singapore
SKN Saint Kitts and Nevis | KNA
SLE Sierra Leone
SLO Slovenia | SVN
SMR San Marino
SMY Smyrna
SOL Solomon Islands | SLB
SOM Somalia
SPA>ESP Spain
SPM Saint Pierre and Miquelon
SRB Serbia
SRI Sri Lanka | LKA
SSD South Sudan
STP Sao Tome and Principe
SUD Sudan | SDN
SUI Switzerland | CHE SWI
SUR Suriname
SVK Slovakia
SWE Sweden | SUE SVE
SWZ Eswatini
SYR Syrian Arab Republic | SIR
TAN United Republic of Tanzania | TZA
TCH Czechoslovakia | CSL CSR CSV
TGA Tonga | TON
TGK Tanganyika
THA Thailand
TJK Tajikistan
TKM Turkmenistan
TKS Turks and Caicos Islands | TCA
TLS Timor-Leste | IOT
TOG Togo | TGO
TPE Chinese Taipei | RCF TWN
TRI>TTO Trinidad and Tobago
TTO Trinidad and Tobago | TRT
TUN Tunisia
TUR Türkiye
TUV Tuvalu
UAE United Arab Emirates | ARE
UAR United Arab Republic (1961 to 1971)
UGA Uganda
UKR Ukraine
URS Soviet Union | SOV SUN
URU Uruguay | URG URY
USA United States of America | SUA
UZB Uzbekistan
VAN Vanuatu | VUT
VEN Venezuela
VIE Vietnam | VET
VIN Saint Vincent and the Grenadines | VCT
VNM>VIE Vietnam
VOL Upper Volta
WAF Wallis and Futuna | WLF
WAL Wales
YAR Yemen Arab Republic
YEM Yemen
YMD Democratic Yemen
YUG Yugoslavia | JUG
ZAI Zaire
ZAM Zambia | ZMB
ZIM Zimbabwe | ZWE
ZZX Mixed team (1896 to 1904)
"""


def migrate(migrator, database, fake=False, **kwargs):
    widen_mappings(migrator)
    widen_flags(migrator)
    migrator.sql("ALTER TABLE recognition_history ADD COLUMN outcome TEXT")
    migrator.sql("ALTER TABLE recognition_history ADD COLUMN author TEXT")


def widen_mappings(migrator):
    # What an older version or an import put there was made by somebody: `operator`.
    migrator.sql("ALTER TABLE flag_mappings ADD COLUMN kind TEXT NOT NULL DEFAULT 'operator'")
    rows = ",\n".join("(" + ", ".join(quoted(value) for value in row) + ", 0)" for row in mappings())
    migrator.sql(
        f"""
        INSERT INTO flag_mappings (pss_code, ioc_code, country_name, kind, is_custom) VALUES {rows}
        ON CONFLICT (pss_code) DO UPDATE SET kind = excluded.kind WHERE is_custom = 0
        """
    )
    migrator.sql(
        """
        CREATE TABLE flag_mapping_history (
            id INTEGER PRIMARY KEY,
            pss_code TEXT NOT NULL,
            ioc_code TEXT,
            country_name TEXT,
            previous_ioc_code TEXT,
            author TEXT NOT NULL,
            reason TEXT,
            changed_at TEXT NOT NULL
        )
        """
    )
    migrator.sql("CREATE INDEX ix_flag_mapping_history_pss_code ON flag_mapping_history (pss_code)")


def widen_flags(migrator):
    migrator.sql("ALTER TABLE flags ADD COLUMN source TEXT NOT NULL DEFAULT 'operator'")
    migrator.sql("ALTER TABLE flags ADD COLUMN is_shown INTEGER NOT NULL DEFAULT 0")
    migrator.sql("ALTER TABLE flags ADD COLUMN media_type TEXT")
    migrator.sql("ALTER TABLE flags ADD COLUMN picture BLOB")
    migrator.sql("CREATE UNIQUE INDEX ux_flags_shown ON flags (ioc_code) WHERE is_shown = 1")
    migrator.sql("CREATE INDEX ix_flags_checksum ON flags (checksum)")
    migrator.sql("CREATE INDEX ix_pss_athletes_flag_id ON pss_athletes (flag_id)")


def mappings():
    for line in CODES.splitlines():
        said, _, others = line.partition(" | ")
        codes, _, name = said.partition(" ")
        code, _, today = codes.partition(">")
        yield code, today or code, name, "variant" if today else "code"
        for other in others.split():
            yield other, code, name, "alias"


def quoted(value):
    return "'" + value.replace("'", "''") + "'"


def rollback(migrator, database, fake=False, **kwargs):
    # The rows of flag_mappings stay: the older version has a place for them.
    migrator.sql("DROP INDEX ix_pss_athletes_flag_id")
    migrator.sql("DROP INDEX ix_flags_checksum")
    migrator.sql("DROP INDEX ux_flags_shown")
    for column in ("picture", "media_type", "is_shown", "source"):
        migrator.sql(f"ALTER TABLE flags DROP COLUMN {column}")
    migrator.sql("DROP TABLE flag_mapping_history")
    migrator.sql("ALTER TABLE flag_mappings DROP COLUMN kind")
    migrator.sql("ALTER TABLE recognition_history DROP COLUMN author")
    migrator.sql("ALTER TABLE recognition_history DROP COLUMN outcome")
