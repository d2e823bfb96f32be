"""Small contact lists as people of many languages keep them: names, towns, firms and notes that go over lines.

Nobody in them is real.
"""

from __future__ import annotations

# Language -> (code pages that its tools write, header, rows). "\\n" in the last cell is a line break inside quotes.
_LISTS: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "german": (
        ("cp1252", "latin-1", "mac_roman", "cp850", "iso8859-15"),
        "Vorname;Nachname;E-Mail;Straße;Ort;Bemerkung",
        (
            "Jürgen;Groß;j.gross@example.de;Königsallee 7;Düsseldorf;Rückruf nötig,\nspäter wieder anrufen",
            "Käthe;Böhm;k.boehm@example.de;Goethestraße 12;Köln;möchte Prospekt",
            "Sören;Weiß;s.weiss@example.de;Am Mühlbach 3;Würzburg;",
            "Anna;Schröder;a.schroeder@example.at;Getreidegasse 1;Salzburg;Gespräch über Verlängerung",
        ),
    ),
    "french": (
        ("cp1252", "latin-1", "mac_roman", "cp850", "iso8859-15"),
        "Prénom,Nom,Courriel,Société,Ville,Remarque",
        (
            'Hélène,Lefèvre,h.lefevre@example.fr,Crédit du Rhône,Nîmes,"à rappeler après l\'été,\ndéjà cliente"',
            "François,Côté,f.cote@example.ca,Forêt & Fils,Québec,intéressé",
            "Zoé,Gaëtan,z.gaetan@example.fr,Hôtel de la Gare,Besançon,très pressée",
            "Noël,Maître,n.maitre@example.be,Boulangerie Château,Liège,",
        ),
    ),
    "spanish": (
        ("cp1252", "latin-1", "mac_roman"),
        "Nombre;Apellidos;Correo electrónico;Dirección;Población",
        (
            "José;Muñoz Peña;j.munoz@example.es;Calle Álamo 4;Málaga",
            "María;Núñez;m.nunez@example.es;Avda. Constitución;Cádiz",
            "Íñigo;Ibáñez;i.ibanez@example.es;Plaza de España;Logroño",
        ),
    ),
    "portuguese": (
        ("cp1252", "latin-1", "mac_roman"),
        "Nome,Sobrenome,E-mail,Endereço,Município",
        (
            "João,Gonçalves,j.goncalves@example.br,Praça da Sé,São Paulo",
            "Antônio,Conceição,a.conceicao@example.br,Rua das Flores,Florianópolis",
            "Inês,Simões,i.simoes@example.pt,Avenida da Liberdade,Évora",
        ),
    ),
    "danish": (
        ("cp1252", "latin-1", "mac_roman", "cp850"),
        "Fornavn;Efternavn;E-mail;By",
        (
            "Søren;Kjær;s.kjaer@example.dk;Ålborg",
            "Bjørn;Nørgård;b.norgard@example.dk;Københavns Ø",
            "Åse;Østergård;a.ostergard@example.no;Tromsø",
        ),
    ),
    "polish": (
        ("cp1250", "iso8859-2"),
        "Imię;Nazwisko;E-mail;Miejscowość;Uwagi",
        (
            "Łukasz;Żółkiewski;l.zolkiewski@example.pl;Łódź;proszę dzwonić\npo świętach",
            "Małgorzata;Wiśniewska;m.wisniewska@example.pl;Kraków;",
            "Józef;Dąbrowski;j.dabrowski@example.pl;Białystok;spółka z o.o.",
        ),
    ),
    "czech": (
        ("cp1250", "iso8859-2"),
        "Jméno;Příjmení;E-mail;Město",
        (
            "Jiří;Dvořák;j.dvorak@example.cz;Plzeň",
            "Šárka;Křížová;s.krizova@example.cz;České Budějovice",
            "Ondřej;Němec;o.nemec@example.cz;Ústí nad Labem",
            "Žofie;Růžičková;z.ruzickova@example.sk;Košice",
        ),
    ),
    "hungarian": (
        ("cp1250", "iso8859-2"),
        "Vezetéknév;Keresztnév;E-mail;Város",
        (
            "Szőke;Gergő;g.szoke@example.hu;Győr",
            "Kovács;László;l.kovacs@example.hu;Székesfehérvár",
            "Tűzkő;Márta;m.tuzko@example.hu;Hódmezővásárhely",
        ),
    ),
    "turkish": (
        ("cp1254",),
        "Ad;Soyad;E-posta;Şehir",
        (
            "Gülşen;Yıldız;g.yildiz@example.tr;İzmir",
            "Çağrı;Şahin;c.sahin@example.tr;Eskişehir",
            "Ömer;Doğan;o.dogan@example.tr;Muğla",
        ),
    ),
    "russian": (
        ("cp1251", "koi8_r", "cp866"),
        "Имя;Фамилия;E-mail;Город;Примечание",
        (
            "Сергей;Иванов;s.ivanov@example.ru;Москва;перезвонить\nпосле обеда",
            "Ольга;Щербакова;o.sherbakova@example.ru;Нижний Новгород;",
            "Пётр;Кузнецов;p.kuznetsov@example.ru;Екатеринбург;договор подписан",
        ),
    ),
    "ukrainian": (
        ("cp1251",),
        "Ім'я;Прізвище;E-mail;Місто",
        (
            "Їлена;Шевченко;i.shevchenko@example.ua;Київ",
            "Андрій;Ґудзь;a.gudz@example.ua;Львів",
            "Юрій;Коваленко;y.kovalenko@example.ua;Чернівці",
        ),
    ),
    "greek": (
        ("cp1253",),
        "Όνομα;Επώνυμο;E-mail;Πόλη",
        (
            "Γιώργος;Παπαδόπουλος;g.papadopoulos@example.gr;Αθήνα",
            "Ελένη;Νικολάου;e.nikolaou@example.gr;Θεσσαλονίκη",
            "Μαρία;Χατζή;m.chatzi@example.gr;Ηράκλειο",
        ),
    ),
    "japanese": (
        ("cp932", "euc_jp"),
        "姓,名,フリガナ,メールアドレス,会社名,備考",
        (
            '山田,太郎,ヤマダ タロウ,t.yamada@example.jp,株式会社ソニック,"資料請求あり\n来週電話"',
            "鈴木,花子,スズキ ハナコ,h.suzuki@example.jp,表参道商事,能登支店",
            "渡辺,健一,ワタナベ ケンイチ,k.watanabe@example.jp,十条製作所,",
        ),
    ),
    "chinese simplified": (
        ("gb18030", "gbk", "gb2312"),
        "姓名,电子邮件,公司,城市,备注",
        (
            '王小明,w.xiaoming@example.cn,上海贸易有限公司,上海,"需要报价\n下周联系"',
            "李娜,l.na@example.cn,北京科技发展公司,北京,已签合同",
            "张伟,z.wei@example.cn,深圳电子厂,深圳,",
        ),
    ),
    "chinese traditional": (
        ("big5",),
        "姓名,電子郵件,公司,城市,備註",
        (
            '陳大文,c.dawen@example.tw,功學社股份有限公司,台北,"需要報價\n下週聯絡"',
            "林美玲,l.meiling@example.tw,許氏貿易,高雄,已簽約",
            "黃志明,h.zhiming@example.tw,中華電子,台中,",
        ),
    ),
    "korean": (
        ("cp949", "euc_kr"),
        "이름,이메일,회사,도시,비고",
        (
            '김철수,k.cheolsu@example.kr,서울무역,서울,"견적 요청\n다음 주 연락"',
            "이영희,l.younghee@example.kr,한국전자 주식회사,부산,계약 완료",
            "박지성,p.jisung@example.kr,대한상사,인천,",
        ),
    ),
}  # fmt: skip


def text_of(language: str) -> str:
    """The list of a language as a CSV file, its lines ended by CRLF and those inside cells by LF."""
    _, header, rows = _LISTS[language]
    quoted = [_quoted(row, header) for row in rows]
    return "\r\n".join([header, *quoted]) + "\r\n"


def _quoted(row: str, header: str) -> str:
    """The last cell in quotes where it holds a line break and has none yet."""
    if "\n" not in row or '"' in row:
        return row
    delimiter = ";" if ";" in header else ","
    before, _, last = row.rpartition(delimiter)
    return f'{before}{delimiter}"{last}"'


def pages_and_languages() -> list[tuple[str, str]]:
    """Each language with each code page that its tools write."""
    return [(language, page) for language, (pages, _, _) in _LISTS.items() for page in pages]


def languages() -> list[str]:
    """The languages there are lists of."""
    return list(_LISTS)
