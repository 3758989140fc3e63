//! Words: the invented people, places and firms that records are made of.
//!
//! Always true: combinations are invented; mail domains end in `.example`, phone numbers use ranges reserved for fiction.

pub(crate) const FIRST: [&str; 64] = [
    "Ada", "Amara", "Anton", "Aisha", "Bela", "Bruno", "Carmen", "Chidi", "Clara", "Dalia", "Dmitri", "Edda", "Elena", "Emeka",
    "Esra", "Farid", "Fiona", "Gabor", "Greta", "Hana", "Hugo", "Ibrahim", "Ines", "Ingrid", "Ivo", "Jaya", "Jonas", "Juno",
    "Kaito", "Katya", "Kofi", "Lars", "Leila", "Lucia", "Luis", "Mara", "Marek", "Mei", "Milo", "Nadia", "Nils", "Noor", "Odile",
    "Omar", "Paula", "Pavel", "Priya", "Quentin", "Rafael", "Rosa", "Ruben", "Sana", "Selma", "Soren", "Tara", "Tomas", "Ulla",
    "Viktor", "Wanda", "Xenia", "Yara", "Yusuf", "Zeno", "Zofia",
];

pub(crate) const LAST: [&str; 72] = [
    "Abara", "Almeida", "Anders", "Arslan", "Baptiste", "Barros", "Bekker", "Berger", "Bianchi", "Boateng", "Carvalho", "Castell",
    "Chaudry", "Corvin", "Dahl", "Delgado", "Demir", "Dubois", "Eklund", "Engel", "Farkas", "Ferrante", "Fontaine", "Forsberg",
    "Gallo", "Garnier", "Gruber", "Haddad", "Halloran", "Hashimoto", "Holm", "Horvat", "Ibarra", "Ito", "Jansen", "Juhasz",
    "Kapoor", "Karlsen", "Kimura", "Kovacs", "Laurent", "Lindqvist", "Lombard", "Machado", "Marchetti", "Mensah", "Mirza",
    "Moreau", "Nakata", "Novak", "Okafor", "Olsen", "Ortega", "Osman", "Petrov", "Quist", "Ramires", "Richter", "Rossi", "Sallow",
    "Santoro", "Schuster", "Sharma", "Silva", "Sorel", "Tanaka", "Torres", "Ueda", "Vargas", "Weller", "Yilmaz", "Zeller",
];

pub(crate) const FIRM: [&str; 40] = [
    "Alder", "Anvil", "Aster", "Beacon", "Birch", "Bluefin", "Bramble", "Cairn", "Cedar", "Cinder", "Cobalt", "Copper", "Delta",
    "Ember", "Fennel", "Finch", "Fjord", "Garnet", "Granite", "Harbor", "Heron", "Indigo", "Juniper", "Kestrel", "Lantern",
    "Larch", "Linden", "Marble", "Meridian", "Nimbus", "Osprey", "Pebble", "Quarry", "Raven", "Saffron", "Slate", "Tamarack",
    "Thistle", "Umber", "Willow",
];

pub(crate) const TRADE: [&str; 20] = [
    "Analytics", "Bakeries", "Biotech", "Ceramics", "Clinics", "Dynamics", "Energy", "Foods", "Freight", "Instruments", "Labs",
    "Logistics", "Marine", "Media", "Optics", "Robotics", "Software", "Studios", "Textiles", "Works",
];

/// City, state or region, country, country code, postal code pattern (`#` is a digit).
pub(crate) const PLACES: [(&str, &str, &str, &str, &str); 16] = [
    ("Austin", "TX", "United States", "US", "787##"),
    ("Portland", "OR", "United States", "US", "972##"),
    ("Denver", "CO", "United States", "US", "802##"),
    ("Toronto", "ON", "Canada", "CA", "M5V 2T#"),
    ("London", "England", "United Kingdom", "GB", "SW1A #AA"),
    ("Dublin", "Leinster", "Ireland", "IE", "D0# X2Y8"),
    ("Berlin", "Berlin", "Germany", "DE", "101##"),
    ("Munich", "Bavaria", "Germany", "DE", "803##"),
    ("Paris", "Ile-de-France", "France", "FR", "750##"),
    ("Madrid", "Madrid", "Spain", "ES", "280##"),
    ("Lisbon", "Lisbon", "Portugal", "PT", "1000-0##"),
    ("Warsaw", "Mazovia", "Poland", "PL", "00-0##"),
    ("Stockholm", "Stockholm", "Sweden", "SE", "111 ##"),
    ("Sydney", "NSW", "Australia", "AU", "20##"),
    ("Osaka", "Osaka", "Japan", "JP", "530-00##"),
    ("Sao Paulo", "SP", "Brazil", "BR", "01310-0##"),
];

pub(crate) const STREETS: [&str; 16] = [
    "Alder Street", "Bridge Road", "Canal Walk", "Chestnut Avenue", "Foundry Lane", "Garden Row", "Harbor Street", "Hill Crescent",
    "Lime Grove", "Market Square", "Mill Lane", "Orchard Way", "Quay Street", "River Road", "Station Road", "Tower Hill",
];

pub(crate) const NOUNS: [&str; 40] = [
    "login page", "invoice export", "calendar sync", "search box", "password reset", "mobile app", "report builder", "backup job",
    "printer queue", "VPN gateway", "mail relay", "payment form", "user import", "audit log", "data feed", "status page",
    "api gateway", "release notes", "onboarding guide", "price list", "contract draft", "license renewal", "support queue",
    "customer portal", "build server", "test suite", "network switch", "dashboard", "web shop", "notification service",
    "file share", "time sheet", "staging server", "certificate", "database replica", "chat widget", "cookie banner", "checkout",
    "tax report", "address book",
];

pub(crate) const TROUBLES: [&str; 24] = [
    "is slow after the update", "rejects valid input", "shows the wrong date", "times out at noon", "loses the last entry",
    "needs a new owner", "fails for guests", "duplicates every row", "cannot be reached from the office", "ignores the time zone",
    "should support dark mode", "needs documentation", "returns an empty list", "sends two mails", "is missing a translation",
    "breaks on long names", "must be moved before Friday", "does not remember settings", "uses an old certificate",
    "needs a larger quota", "blocks the release", "prints blank pages", "forgets the filter", "is ready for review",
];

pub(crate) const SENTENCES: [&str; 24] = [
    "We saw this again this morning and could reproduce it twice.",
    "A restart helped for an hour, then it came back.",
    "The customer asked for an answer before the end of the week.",
    "Nothing unusual in the logs apart from a few slow queries.",
    "I attached a short recording of the steps.",
    "Let us discuss this in the next planning round.",
    "The fix is on the staging server and waits for a check.",
    "Please confirm that the numbers match your own report.",
    "It only happens with accounts that were imported last year.",
    "The workaround is to clear the cache and log in again.",
    "Thanks for the quick call, a summary follows below.",
    "We agreed on a smaller first step and a review in two weeks.",
    "They would like a price for two hundred seats.",
    "The budget was approved, the contract goes to legal now.",
    "I will send the slides and the revised offer tomorrow.",
    "No answer so far, I left a message with the front desk.",
    "The new process saves about three hours per week.",
    "Someone from the finance team should join the next meeting.",
    "All open points are listed in the shared document.",
    "The second supplier delivers earlier but costs more.",
    "Tested on two browsers and one phone, all fine.",
    "We can close this once the backup has run.",
    "The description was outdated, I rewrote the first part.",
    "Good progress, two of three tasks are done.",
];

pub(crate) const TITLES: [&str; 30] = [
    "Software Engineer", "Senior Software Engineer", "Engineering Manager", "Product Manager", "Product Designer", "Data Analyst",
    "Data Engineer", "Account Executive", "Account Manager", "Sales Director", "Marketing Specialist", "Content Editor",
    "Customer Success Manager", "Support Engineer", "Support Lead", "Office Manager", "Recruiter", "HR Generalist",
    "People Operations Lead", "Financial Analyst", "Accountant", "Controller", "Legal Counsel", "Procurement Officer",
    "Operations Manager", "Logistics Planner", "Quality Engineer", "Security Engineer", "Site Reliability Engineer",
    "Technical Writer",
];
