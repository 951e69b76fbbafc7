"""Word lists for reading a situation: who and what it may be about."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


PEOPLE = _words("""
acrobat apprentice aunt baby band barista boss boy boyfriend bride brother brothers buddy captain cashier cellist
child children choir classmate classmates clerk client clients coach colleague colleagues council couple cousin
cousins coworker coworkers crew crowd crush customer customers dad daughter daughters dentist doctor driver ex
family father fiance fiancee flatmate friend friends girl girlfriend goddaughter godson grandfather grandma
grandmother grandpa grandparents groom guy husband kid kids lady landlady landlord librarian man manager mate
mates mentor mom mother mum neighbor neighbors neighbour neighbour's neighbours nephew niece nurse pal parent
parents partner people person physio plumber professor roommate roommates sister sisters son sons stepdaughter
stepfather stepmother stepson stranger strangers student students supervisor teacher team teammate teammates
tenant therapist toddler tutor twin twins uncle uncle's vet waiter waitress wife woman
""")  # fmt: skip

THINGS = _words("""
account airport alarm album allotment anniversary apartment app appointment argument attic audition aunt's award
bakery balcony balloon barbecue basement bathroom beach bed bedroom bees bench benches bicycle bike bill bills
bird birds birthday biscuit blanket boat boats book books bowl box boxes bread breakfast breakup bridge bug bugs
buoy bus cable cafe cake calendar call calls camera cancer candles car card cassette cat cats cellist ceremony
certificate cheese chemo chestnut childhood choir christmas church cinema city claim class clinic coat cockroach
coffee college competition computer concert contest contract couch council course courtyard cruise curtains date
deadline debt degree delivery deposit desk diagnosis diary dinner divorce dog dogs doll door dream dress drill
drive earthquake election email engagement essay exam exams exhibition fair faith fence ferry festival fight film
final fire fish flat flight flood flowers folder food forest form friendship funeral furniture gallery game garage
garbage garden gift gifts goal grade grades graduation greenhouse guitar hamster handle harbour harvest hat
hearing hen hens highway hike hip holiday home homework horse hospital hotel house hurricane idea illness
insurance interview island jacket job journal journey kayak kettle key keys kitchen kitten lake landing lanterns
laptop leaflet league lease lesson lessons letter letterbox letters library lie lift lining loan loans lock lot
lottery luggage lunch lunches manuscript marathon marriage marsh match meal meals meat medal medication medicine
meeting menu message messages mice microphone mold money mortgage motorcycle mould mountain mountains mouse move
movie mug music necklace neighborhood neighbourhood noise noodles novel ocean office oilcloth operation orchard
order outage oven package painting paintings pan panel papers parcel park parrot party passport password paycheck
payroll peg permit pharmacy phone photo photos physio piano picnic picture pictures pigeon pizza plan plane plans
plants play plum porch power prayer pregnancy present presentation presents prison prize project promise promotion
puppy purse quilt rabbit race radio railing rain raise rat rats recipe recital record records recovery refund
rehab relationship rent report restaurant results reunion review ring river roach roaches road role roof room
salary sandwich sardines savings scan scarf scholarship school score scratch screen season seats secret semester
series shed shelf shelves shift shoebox shoes shop shoulder show sink smell snake snakes snow sofa solo song songs
soup speech spider square stage stairs stall stammer stand storage store storm street studio suitcase summer
surgery table tap tape tax taxes tent terrace test tests text texts thanksgiving theater theatre thermos thesis
thunder ticket tickets tin toast tomatoes tooth torch tornado tournament town toy toys trail train tram trash
treatment tree trees trip trophy truck uniform university vacation van village violin visa visit voicemail vote
wallet ward wardrobe warehouse washer washing watch watchmaker website wedding weekend wifi window wing winter
work workshop worms wristband yard years
""")  # fmt: skip

MODIFIERS = _words("""
annual art baby back bad baseball basketball beautiful best big birthday brand-new choir coffee cold cooking
current dance downstairs driving early elementary entire family favorite favourite fifth final first football
former fourth front funny good great guitar hand-written handwritten hardest heavy high history home huge job last
late late-night little local long lovely math maths middle new next next-door nice night odd old older oldest
online only own piano quiet real school science second small soccer strange student surprise swimming third tiny
upstairs video warm wedding whole work worst younger youngest
""")  # fmt: skip

NOT_NOUNS = _words("""
a about afraid after again ago alive all almost alone already also always an and angry any anymore are asked at
ate away back be because been before being both bought broke brought but by called came can can't come comes could
couldn't dead decided did didn't died do does doesn't don't done down drank each early eats ended enough even
every feel feels felt find finds fine for forgot found from gave get gets give gives goes going gone good got grew
had hadn't happy has hasn't hated hates have haven't having he helped her here him his hit hurt i i'd i'm i've if
in into invited is isn't it just keep keeps kept knew know knows late later learned left less let lets liked likes
lost loved loves mad made make makes may me met might more most moved must my near needed needs never no not now
of off okay on once or our out over paid passed pregnant ran ready really run runs sad said saw say says scared
see seemed seems sees sent she should showed sick slept so sold some soon started starts still stole stopped sure
take takes tell tells than that the their them then there these they think thinks this those thought threw through
throws to today together told tomorrow tonight took tried turned twice under up us used very wanted wants was
wasn't we went were when which while who whose will with won won't works would wouldn't wrote yesterday yet you
your
""")  # fmt: skip

STOP = NOT_NOUNS | _words("""
actually although anyone anything around as between bit day during everyone everything first he'd he's honestly
how however i'd's i'll it's kind last let's like little lot lots many maybe much new nobody nothing oh old one
only other own perhaps quite same she'd she's since someone something sort such that's there's they'd they're
thing things though three time too two until way we'd we're well what what's where why within without yes you'd
you're
""")  # fmt: skip

PREPOSITIONS = _words("""
after around at before behind by for from in into like of on out over round through to under until with
""")  # fmt: skip

CLAUSE_STARTS = _words("""
after and because before but if since so until when which while who
""")  # fmt: skip

DETERMINERS = _words("""
a an another her his my our some that the their this
""")  # fmt: skip

ALSO_VERBS = _words("""
back bed bill book box breakfast bug call christmas church coffee college date dinner dream dress drive email
fight fire flood food home lie lock lunch match money move order park picture plan play power present promise race
rain raise record report review ring school score shop show smell snow stage summer test text thanksgiving town
visit vote watch winter work years
""")  # fmt: skip
"""Things that are as often verbs or stand without an article."""

IDIOMS = frozenset("""
a bit|my chest|my day|my ears|my eyes|my face|my hands|my head|my heart|my hopes|my jaw|my legs|my mind|my mouth|
my news|my shoulders|my skin|my stomach|the bath|the bit|the bones|the catch|the coin|the dishes|the door|the end|
the floor|the gist|the jolt|the kitchen|the knot|the lock|the mark|the minute|the news|the order|the part|
the picture|the point|the second|the short version|the shower|the story|the strap|the thing|the way|the week|
the world|the wrong order|the year
""".replace("\n", "").split("|"))  # fmt: skip
"""Noun phrases that are seldom what a talk is about."""

CONTRACTED = {
    "i am": "I'm", "i have": "I've", "i will": "I'll", "it is": "it's", "that is": "that's", "did not": "didn't",
    "do not": "don't", "does not": "doesn't", "was not": "wasn't", "could not": "couldn't", "can not": "can't",
    "cannot": "can't", "is not": "isn't", "would not": "wouldn't", "had not": "hadn't", "have not": "haven't",
}  # fmt: skip

PLAIN_WORDS = {
    "because": "since", "very": "really", "purchase": "buy", "purchased": "bought", "received": "got",
    "phoned": "called", "children": "kids", "attempted": "tried", "discovered": "found out", "assisted": "helped",
    "frequently": "often", "suddenly": "out of nowhere", "begin": "start", "began": "started", "however": "but",
    "enormous": "huge", "speaking": "talking", "spoke": "talked", "completed": "finished", "finally": "at last",
    "immediately": "right away",
}  # fmt: skip
