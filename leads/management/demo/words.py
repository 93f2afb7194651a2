"""The vocabulary of the demo: names, places, cars and what people write. German, as it is data."""

# fmt: off
WOMEN = (
    "Anna", "Birgit", "Britta", "Çiğdem", "Dörte", "Elif", "Esra", "Franziska", "Gülşen", "Hanna",
    "Ilka", "Jana", "Janina", "Käthe", "Katrin", "Kerstin", "Lena", "Leonie", "Magdalena",
    "Małgorzata", "Maike", "Mareike", "Monika", "Nadine", "Nele", "Petra", "Renée", "Sabine",
    "Silke", "Sophie", "Svenja", "Tanja", "Ulrike", "Ursula", "Verena", "Wiebke", "Zoë",
)
MEN = (
    "Ahmet", "Alexander", "Andreas", "Bernd", "Björn", "Christian", "Daniel", "Dirk", "Emre",
    "Felix", "Frank", "Günter", "Hannes", "Holger", "Jan", "Jens", "Jörg", "Jürgen", "Kai",
    "Karl-Heinz", "Łukasz", "Lars", "Malte", "Markus", "Mehmet", "Michael", "Nils", "Ole", "Oliver",
    "Özgür", "Paweł", "Ralf", "René", "Rüdiger", "Sönke", "Stefan", "Sven", "Thomas", "Thorsten",
    "Uwe", "Volker", "Wolfgang",
)
LAST_NAMES = (
    "Abendroth", "Ahlers", "Althoff", "Arslan", "Aßmann", "Bachhuber", "Bäcker", "Barthel",
    "Bäumer", "Behrens", "Böhme", "Börner", "Brandhuber", "Brinkmann", "Brückner", "Büscher",
    "Çelik", "Christiansen", "Clausen", "Dahlmann", "Demir", "Dietz", "Döring", "Drexler", "Düring",
    "Ebeling", "Eickhoff", "Engelhardt", "Eßer", "Fährmann", "Fasshauer", "Feddersen", "Findeisen",
    "Fröhlich", "Fürst", "Gärtner", "Gerlach", "Göbel", "Görlitz", "Grabowski", "Größer",
    "Grünwald", "Gümüş", "Haferkamp", "Hansen", "Häusler", "Heßling", "Hinrichs", "Höfer",
    "Hölscher", "Hübner", "Ingwersen", "Jäger", "Janßen", "Jürgensen", "Käfer", "Kaminski", "Kaya",
    "Kerkhoff", "Kirchhoff", "Klöckner", "Knäbel", "König", "Kösters", "Kowalski", "Krämer",
    "Kröger", "Krüger", "Kühne", "Lämmle", "Lindemann", "Löffler", "Lohmann", "Lübbers", "Lütke",
    "Mahlstedt", "März", "Matthießen", "Mößmer", "Mühlbauer", "Nachtigall", "Niehues", "Nöthen",
    "Nowak", "Obermaier", "Oelze", "Öztürk", "Pätzold", "Petersen", "Pfefferkorn", "Pöschl",
    "Prömper", "Quast", "Rademacher", "Räther", "Reißner", "Rieke", "Röder", "Roßmann", "Rühl",
    "Sahin", "Schäfer", "Schierholz", "Schlüter", "Schönfeld", "Schröder", "Schüßler",
    "Schwarzbeck", "Seidlitz", "Söhnlein", "Spönemann", "Stöcker", "Strauß", "Stübner", "Süß",
    "Tönnies", "Tröger", "Übelacker", "Uhlig", "Vöge", "Vogelsang", "Wäller", "Weißgerber",
    "Wiśniewski", "Wöhrle", "Wortmann", "Yıldız", "Zöllner",
)
# fmt: on
COMPANIES = (
    "Elektro {name} GmbH",
    "Malerbetrieb {name}",
    "Tischlerei {name} GmbH & Co. KG",
    "Pflegedienst {name} gGmbH",
    "Gärtnerei {name}",
    "{name} Bedachungen GmbH",
    "Steuerkanzlei {name} & Partner",
    "Bäckerei {name} OHG",
    "{name} Heizungsbau GmbH",
    "Fahrschule {name}",
)
STREETS = (
    "Ahornweg",
    "Am Mühlbach",
    "An der Übungswiese",
    "Bäckergasse",
    "Beispielallee",
    "Birkenstraße",
    "Buchenhöhe",
    "Fährstraße",
    "Gartenstraße",
    "Grüner Weg",
    "Höhenstraße",
    "Im Brühl",
    "Kirchgasse",
    "Königsberger Straße",
    "Lindenstraße",
    "Marktplatz",
    "Musterweg",
    "Rößlerstraße",
    "Schützenstraße",
    "Über den Höfen",
)
# Where the customers of a location live.
PLACES = {
    "58507": (
        ("58507", "Lüdenscheid"),
        ("58511", "Lüdenscheid"),
        ("58513", "Lüdenscheid"),
        ("58553", "Halver"),
        ("58579", "Schalksmühle"),
        ("58762", "Altena"),
        ("58791", "Werdohl"),
        ("58566", "Kierspe"),
        ("58540", "Meinerzhagen"),
        ("58840", "Plettenberg"),
        ("58636", "Iserlohn"),
        ("57439", "Attendorn"),
        ("51688", "Wipperfürth"),
        ("58095", "Hagen"),
    ),
    "82467": (
        ("82467", "Garmisch-Partenkirchen"),
        ("82481", "Mittenwald"),
        ("82418", "Murnau am Staffelsee"),
        ("82362", "Weilheim in Oberbayern"),
        ("82487", "Oberammergau"),
        ("82491", "Grainau"),
        ("82377", "Penzberg"),
        ("83646", "Bad Tölz"),
    ),
    "23560": (
        ("23552", "Lübeck"),
        ("23560", "Lübeck"),
        ("23564", "Lübeck"),
        ("23611", "Bad Schwartau"),
        ("23669", "Timmendorfer Strand"),
        ("23909", "Ratzeburg"),
        ("23843", "Bad Oldesloe"),
        ("23701", "Eutin"),
        ("23730", "Neustadt in Holstein"),
    ),
    "24941": (
        ("24937", "Flensburg"),
        ("24941", "Flensburg"),
        ("24960", "Glücksburg"),
        ("24955", "Harrislee"),
        ("24837", "Schleswig"),
        ("24376", "Kappeln"),
        ("25899", "Niebüll"),
        ("25813", "Husum"),
        ("24768", "Rendsburg"),
    ),
}

# make, model, variants, fuel, kW, new price in EUR
MODELS = (
    ("Volkswagen", "Golf", ("VIII 1.5 TSI Life", "VIII 2.0 TDI Style"), "Benzin", 96, 34_900),
    (
        "Volkswagen",
        "Passat Variant",
        ("2.0 TDI Business", "1.5 eTSI Elegance"),
        "Diesel",
        110,
        46_700,
    ),
    ("Volkswagen", "T-Roc", ("1.5 TSI Style", "1.0 TSI Life"), "Benzin", 110, 35_600),
    ("Volkswagen", "ID.3", ("Pro Performance", "Pure"), "Elektro", 150, 39_900),
    ("Volkswagen", "Caddy", ("2.0 TDI Maxi", "1.5 TSI Life"), "Diesel", 90, 36_200),
    ("Škoda", "Octavia", ("Combi 2.0 TDI Style", "1.5 TSI Ambition"), "Diesel", 110, 36_800),
    ("Škoda", "Fabia", ("1.0 TSI Monte Carlo", "1.0 MPI Active"), "Benzin", 70, 22_300),
    ("Škoda", "Enyaq", ("85 Sportline", "60 Lodge"), "Elektro", 210, 48_900),
    ("Seat", "Leon", ("Sportstourer 1.5 eTSI FR", "1.0 TSI Style"), "Benzin", 110, 33_400),
    ("Audi", "A3", ("Sportback 35 TFSI", "Limousine 35 TDI"), "Benzin", 110, 41_500),
    ("Audi", "Q3", ("45 TFSI e S line", "35 TDI advanced"), "Hybrid", 180, 52_300),
    ("BMW", "118i", ("Advantage", "M Sport"), "Benzin", 100, 38_200),
    ("BMW", "320d", ("Touring xDrive", "Limousine"), "Diesel", 140, 54_900),
    ("Mercedes-Benz", "A 180", ("Progressive Line", "AMG Line"), "Benzin", 100, 39_600),
    ("Mercedes-Benz", "Vito", ("116 CDI Tourer", "114 CDI Kasten lang"), "Diesel", 120, 51_800),
    ("Opel", "Corsa", ("F 1.2 Elegance", "Electric GS"), "Benzin", 74, 23_900),
    ("Opel", "Astra", ("Sports Tourer 1.2 Turbo", "1.6 Plug-in-Hybrid"), "Benzin", 96, 33_700),
    ("Ford", "Puma", ("1.0 EcoBoost ST-Line", "1.0 EcoBoost Titanium"), "Benzin", 92, 29_900),
    ("Ford", "Transit Custom", ("2.0 TDCi Trend", "2.0 TDCi Doppelkabine"), "Diesel", 96, 44_200),
    ("Hyundai", "Tucson", ("1.6 T-GDI Prime", "1.6 CRDi Trend"), "Benzin", 110, 38_500),
    ("Hyundai", "Kona", ("Elektro Prime", "1.0 T-GDI Select"), "Elektro", 150, 42_900),
    ("Kia", "Ceed", ("Sportswagon 1.5 T-GDI Spirit", "1.0 T-GDI Vision"), "Benzin", 103, 31_200),
    ("Renault", "Clio", ("TCe 90 Techno", "E-Tech Full Hybrid"), "Benzin", 67, 22_800),
    ("Renault", "Mégane", ("E-Tech 220 Iconic", "Grandtour TCe 140"), "Elektro", 160, 44_600),
    ("Peugeot", "3008", ("1.2 PureTech Allure", "Hybrid 225 GT"), "Benzin", 96, 38_900),
    ("Toyota", "Yaris", ("1.5 Hybrid Style", "1.5 Hybrid Comfort"), "Hybrid", 85, 27_400),
    (
        "Toyota",
        "Corolla",
        ("Touring Sports 2.0 Hybrid", "1.8 Hybrid Team D"),
        "Hybrid",
        144,
        36_100,
    ),
    ("Fiat", "500", ("Elektro La Prima", "1.0 Hybrid Dolcevita"), "Elektro", 87, 33_500),
    ("Dacia", "Duster", ("TCe 130 Journey", "Blue dCi 115 Prestige"), "Benzin", 96, 23_900),
    ("Volvo", "XC40", ("B3 Plus Dark", "Recharge Ultimate"), "Hybrid", 120, 45_700),
)

# What people write; {car} is the car as advertised, {price} its price.
MESSAGES = {
    "stock": (
        "Guten Tag, ist der {car} noch verfügbar? Wir könnten am Wochenende vorbeikommen.",
        "Ist der {car} unfallfrei, und gibt es das Serviceheft dazu? Danke und Grüße",
        "Hallo, wie ist Ihr letzter Preis für den {car}? {price} liegt knapp über meinem Budget.",
        "Ich interessiere mich für den {car}. Wie viele Vorbesitzer hatte das Fahrzeug?",
        "Sind beim {car} Winterreifen dabei? Und wie lange läuft die Garantie noch?",
        "Könnten Sie mir weitere Bilder vom Innenraum des {car} schicken?\nVielen Dank im Voraus.",
        "Wir suchen für unsere Tochter einen zuverlässigen Wagen, der {car} würde gut passen.",
        "Hat der {car} eine Anhängerkupplung? Falls nicht: Was würde die Nachrüstung kosten?",
        "Wäre eine Auslieferung des {car} bis Monatsende möglich, inklusive Zulassung?",
        "",
    ),
    "test_drive": (
        "Ich würde den {car} gern Probe fahren, am liebsten nachmittags nach 16 Uhr.",
        "Bitte um einen Termin für eine Probefahrt mit dem {car}. Samstag wäre ideal.",
        "Meine Frau und ich möchten den {car} kennenlernen. Ist diese Woche noch etwas frei?",
    ),
    "callback": (
        "Bitte rufen Sie mich zum {car} zurück, tagsüber bin ich gut erreichbar.",
        "Ich habe mehrere Fragen zum {car}, am einfachsten klären wir das am Telefon.",
        "Bitte um kurzen Rückruf wegen Übergabe und Abmeldung meines alten Wagens.",
    ),
    "finance": (
        "Welche Monatsrate wäre für den {car} mit kleiner Anzahlung möglich?",
        "Können Sie mir ein Finanzierungsangebot für den {car} über 48 Monate machen?",
        "Mir wäre eine niedrige Rate wichtiger als eine kurze Laufzeit. Was können Sie anbieten?",
    ),
    "leasing": (
        "Was kostet der {car} im Leasing bei 15.000 km im Jahr?",
        "Wir möchten den {car} gewerblich leasen. Ist die Überführung im Preis enthalten?",
    ),
    "trade_in": (
        "Ich würde meinen jetzigen Wagen in Zahlung geben: Polo von 2016, 98.000 km, TÜV neu.",
        "Nehmen Sie beim Kauf des {car} meinen alten Astra in Zahlung? Baujahr 2014, gepflegt.",
    ),
    "new_car": (
        "Konfiguration wie im Anhang. Wie lange ist derzeit die Lieferzeit?",
        "Gibt es auf den {car} aktuell Aktionsrabatte oder eine Lagerwagenalternative?",
        "",
    ),
    "contract": ("",),
    "test": ("Dies ist eine Testanfrage. Bitte nicht bearbeiten.",),
}

# What staff write down when somebody does not want a certain car yet: subject, message, and the
# range of the budget in thousands of euros, if there is one.
SEARCHES = (
    (
        "Sucht Familienkombi bis {budget} €",
        "Automatik, gern Diesel, höchstens fünf Jahre alt.",
        (14, 34),
    ),
    (
        "Sucht günstigen Kleinwagen bis {budget} €",
        "Erstes Auto für die Tochter, Klimaanlage und Einparkhilfe gewünscht.",
        (6, 15),
    ),
    (
        "Sucht SUV mit Anhängerkupplung bis {budget} €",
        "Für den Wohnwagen, mindestens 1.800 kg Anhängelast.",
        (18, 45),
    ),
    (
        "Beratung zum Umstieg auf ein Elektroauto",
        "Braucht Beratung zu Reichweite und Wallbox, Förderung klären.",
        None,
    ),
    (
        "Zwei Transporter für den Betrieb",
        "Lieferung möglichst im nächsten Quartal, Beschriftung macht der Kunde selbst.",
        None,
    ),
)

# What staff write down.
CALLS = (
    "Ausführlich gesprochen, Interesse ist da. Schickt Unterlagen zum alten Wagen.",
    "Erreicht, möchte erst mit der Familie sprechen.",
    "Kurz gesprochen, ist gerade bei der Arbeit. Ruft am Abend zurück.",
    "Fragen zur Ausstattung geklärt, möchte das Fahrzeug ansehen.",
    "Möchte ein schriftliches Angebot mit Finanzierung und Barpreis.",
)
MISSED_CALLS = (
    "Nicht erreicht, Nachricht auf der Mailbox hinterlassen.",
    "Niemand abgenommen, zweiter Versuch morgen Vormittag.",
    "Besetzt, später noch einmal versuchen.",
)
MAILS = (
    "Bilder und Ausstattungsliste geschickt.",
    "Angebot mit zwei Laufzeiten geschickt.",
    "Verfügbarkeit bestätigt und zwei Termine vorgeschlagen.",
    "Fragen zur Garantie beantwortet.",
)
NOTES = (
    "Preisvorstellung liegt etwa 800 € unter unserem Preis.",
    "Vergleicht mit einem Angebot aus der Nachbarstadt.",
    "Sehr freundlich, kauft vermutlich noch diesen Monat.",
    "Fahrzeug muss vor der Übergabe noch durch die Werkstatt.",
    "Möchte grüne Umweltplakette und Kennzeichenreservierung gleich mit erledigt haben.",
    "Inzahlungnahme: Bewertung steht noch aus.",
)
APPOINTMENTS = (
    "Termin im Haus vereinbart, Fahrzeug vorher waschen.",
    "Besichtigung am Nachmittag, bringt den alten Wagen mit.",
)
TEST_DRIVES = (
    "Probefahrt durchgeführt, war begeistert.",
    "Probefahrt gemacht, Sitzposition gefällt nicht ganz.",
)
TAGS = ("Stammkunde", "E-Auto", "Gewerbe", "Familie", "Empfehlung vom Nachbarn")
