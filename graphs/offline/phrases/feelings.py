"""Feelings: how each one is told without its name, heard by a helper, and recognised.

`[label family]`, then lines: `~` a sentence of the person, `>` what a helper hears (after "I can hear"), `?` what may lie
beneath (after "I wonder if"), `=` words and phrases by which it is recognised.
"""

TABLE = """
[afraid threat]
~ My heart {speeds up|starts going} the second I think about it.
~ Part of me keeps {listening|looking over my shoulder}, just in case.
~ I flinch at {nothing|the smallest sound} when it comes to mind.
~ It's the kind of thing that makes me {check the lock twice|leave a light on}.
> how on edge this has you
> how little room this leaves you to relax
? your body hasn't got the message that you're safe right now
? the not knowing is worse than the thing itself
= heart speeds, i flinch, was scared, am scared, got scared, so scared, scary, real fear, fear of, my fear, unsafe, light on, check the lock, looking over, in the dark, snake, spider, noise outside, dangerous

[angry anger]
~ I can feel my jaw {tighten|set} just writing this.
~ I've been {short with everyone|snapping at people} because of it.
~ I keep coming up with things I {should have said|wish I'd said} back.
~ There's a heat in my chest that {won't go down|isn't going anywhere}.
> how hard this still burns
> how much that crossed a line for you
? under the heat there's something that simply hurt
? what you wanted most was for somebody to own up to it
= jaw, mad, snapping, short with everyone, heat in my chest, yelled, lied to, rude, unfair, should have said, wish i'd said, pissed

[annoyed anger]
~ It's {small, I know|not the end of the world}, but it gets under my skin every single time.
~ I've {rolled my eyes|sighed} at this more than I'd like to admit.
~ It {grates|rubs me the wrong way}, and it keeps happening.
~ I'm mostly just fed up with it.
> how much this has been wearing on your patience
> how tired you are of this coming round again
? it's the repetition that gets you more than the thing itself
? you'd let it go if anyone had bothered to ask you
= under my skin, rolled my eyes, sighed, grates, fed up, keeps happening, wrong way, irritating, every single time, so loud, too loud, loud music, spilled, bugging

[anticipating hope]
~ I've been {counting the days|checking the calendar} far too often.
~ I keep picturing how it's going to go.
~ Waiting is the {only hard|strange} part, in a nice way.
~ Half my head is already there.
> how much of you is already there
> how you're leaning toward that day
? the waiting has become a small pleasure of its own
? you're holding a little back in case it turns out differently
= counting the days, checking the calendar, picturing how, waiting is, waiting to hear, waiting for the day, already there, looking forward to my, looking forward to the, really looking forward, can't wait, upcoming, hear back

[anxious threat]
~ My mind {runs|keeps running} through every way it could go wrong.
~ I've had a knot in my stomach {on and off|more or less} the whole time.
~ I can't {sit still|settle to anything} until I know how it turns out.
~ I go over it, and over it, and it doesn't get any clearer.
> how your mind keeps running ahead of you
> how hard it is to put this down for even an hour
? planning for the worst has felt like the only thing you can do
? you dread what it would say about you if it went badly
= knot in my stomach, could go wrong, can't sit still, settle to anything, worry about, so worried, worried about, nervous, stress, exam, what if

[apprehensive threat]
~ I'm not sure I'm {ready|built} for it, to be truthful.
~ Something about it {makes me hang back|gives me pause}.
~ I keep {putting off the next step|finding reasons to wait}.
~ I say yes to it, and then I feel my feet dragging.
> how carefully you're stepping around this
> how part of you would rather wait
? you'd like somebody to tell you that hesitating is allowed
? one part has already decided and another hasn't caught up
= not sure i'm, hang back, pause, putting off, reasons to wait, feet dragging, hesitat, right choice, unsure, uneasy

[ashamed shame]
~ I can't {look at myself properly|meet my own eyes} when I think of it.
~ I'd {rather nobody knew|hide it if I could}.
~ My face goes hot whenever it comes back to me.
~ I thought I was better than that.
> how heavy it is to look at this
> how much you'd like this not to be yours
? you're judging yourself harder than you'd judge anyone else
? what you dread is being known by this one thing
= meet my own eyes, look at myself, rather nobody knew, hide it, face goes hot, better than that, i shouldn't have, stole

[caring bond]
~ I keep {checking in|looking in} to see if there's anything else I can do.
~ I'd {do it again|drop everything} without thinking twice.
~ All I want is for them to be {okay|comfortable}.
~ Looking after {them|others} is when I feel most like myself.
> how much you want them to be all right
> how gently you've been holding this
? looking after them has left little over for you
? being needed like that tells you something good about who you are
= checking in, looking in, i'd do it again, drop everything, to be okay, looking after, took care, take care, helped them, by their side, comfort her, comfort him, comforted

[confident pride]
~ I {know|just know} I've got this one.
~ For once I'm not second-guessing {myself|any of it}.
~ I've done the {work|hard part}, and it shows.
~ I walked {in|into it} with my shoulders back.
> how steady you are about this
> how solid the ground under you feels
? it took a good deal of doubt to get to this
? you didn't expect to be this calm
= got this, second-guess, done the work, shoulders back, sure of, know i can, done the hard part

[content joy]
~ Nothing about it is {big|dramatic}, and that's what I like.
~ I'm not wishing for anything {else|different} right now.
~ I sat there for a while and just let it be.
~ It's a quiet sort of good.
> how much quiet there is in this
> how little you'd change right now
? it's been a long time since nothing was pulling at you
? you're a little careful with it, so that it stays
= wishing for anything, just let it be, quiet sort of good, at peace, nothing about it is, comfortable life, relaxed

[devastated loss]
~ It {knocked|took} the floor out from under me.
~ I {can't|don't} really take it in, even now.
~ I {go|went} through the motions and nothing {lands|registers}.
~ I don't know what the next bit of my life looks like after this.
> how much this has pulled out from under you
> how completely this has stopped things for you
? it's not only what happened, it's the future that went with it
? everyone else's day carrying on feels almost rude
= floor out, take it in, through the motions, next bit of my life, died, funeral, passed away, lost everything, shattered, world stopped

[disappointed loss]
~ I'd really let myself {count on it|believe in it}.
~ I {thought|was so sure} it would go the other way.
~ It's the {flat|deflated} feeling afterwards that gets me.
~ I got my hopes up, and I know better.
> how much you'd let yourself count on this
> how flat it has left things
? you're already lowering what you ask for next time
? what stings is having believed it out loud
= count on it, really let myself, go the other way, flat feeling, deflated, hopes up, let down, didn't get, turned out, expected better, expected more, cancelled

[disgusted disgust]
~ My stomach {turns|turned} every time I picture it.
~ I {scrubbed|wanted to scrub} my hands about five times after.
~ I can't {unsee|un-smell} it.
~ I just wanted to get {away from it|out of there}.
> how strongly everything in you pulled back
> how hard it is to get this out of your head
? it's the carelessness behind it that bothers you most
? you can't quite believe anyone would be fine with it
= stomach turn, scrub, unsee, un-smell, away from it, gross, nasty, bad smell, awful smell, the smell in my, stank, rotten, vomit, puke, filthy, roach

[embarrassed shame]
~ I wanted the floor to {open|swallow me}.
~ I {still|can still} hear the {silence|little laugh} right after.
~ I went {bright red|hot up to my ears}.
~ I'd give a lot to run that minute again.
> how exposed that minute left you
> how it still makes you wince
? you're sure they remember it as clearly as you do, and they may not
? it matters because you wanted to come across so differently
= floor to, bright red, up to my ears, silence right, little laugh, that minute again, in front of everyone, tripped, awkward, wince, everyone looked

[excited joy]
~ I've been {grinning|bouncing around} since.
~ I {can hardly|can't} sit through a normal {day|evening} with this in my head.
~ I've told {pretty much everyone|anyone who'll listen}.
~ I'm {up early|wide awake} without an alarm because of it.
> how much energy this has put into you
> how you can hardly keep still about it
? it's been a while since something was this fully yours
? saying it out loud makes it a bit more real
= been grinning, bouncing, sit through a normal, anyone who'll listen, pretty much everyone, i'm wide awake, can't wait, thrilled, finally coming, stoked

[faithful bond]
~ I said I'd stay, and I {stayed|meant it}.
~ It {never|didn't} crossed my mind to do anything else.
~ Keeping my word matters to me more than {it being easy|what people make of it}.
~ I know where I stand with them.
> how seriously you take your word
> how little you had to think about where you belong
? you rarely get told that staying is also a choice
? you'd like to be met with the same steadiness
= i'd stay, i stayed, keeping my word, know where i stand, crossed my mind, loyal, committed, vow, never leave, never cheat, stand by

[furious anger]
~ I had to {walk out of the room|leave the room} before I said something.
~ I'm still {shaking|pacing} when I go over it.
~ I've never been this close to {throwing something|losing it}.
~ I saw red, and I'm not someone who does.
> how far past patience this has pushed you
> how little of this you're willing to swallow
? what makes it worse is that they don't even seem bothered
? you've been reasonable for a long time and this used it all up
= walk out of the room, leave the room, shaking when, pacing, throwing something, losing it, saw red, rage, livid, screaming, slammed

[grateful bond]
~ They didn't have to do {any of it|that}, and they did.
~ I don't know how I'd ever {pay that back|make it even}.
~ I {keep|find myself} thinking how easily it could have gone without them.
~ I said thanks about ten times, and it still felt too small.
> how much it meant that they were there
> how that reached you
? you don't often let people do things for you
? it changed how alone you thought you were with things
= didn't have to, pay that back, make it even, without them, too small, kind of them, helped me, thankful, lucky to have, blessed

[guilty shame]
~ I keep {wanting|meaning} to {put it right|own up}.
~ It {sits|sat} in my stomach every time {I see them|their name comes up}.
~ I know {it was me|that one is on me}.
~ I've started three apologies and sent none.
> how much this is pressing on your conscience
> how much you wish you could take it back
? the part still hurting is the person you meant to be in it
? saying it to them scares you less than never saying it
= put it right, own up, was me, on me, apologies and, apologise, apologize, took back, take it back, lied, my fault, didn't tell them, feel bad about

[hopeful hope]
~ I {think|really think} it might {work out|turn} this time.
~ There's a bit of light in it {now|for once}.
~ I'm letting myself believe in it, {carefully|a little}.
~ It feels like something's about to open up.
> how you're letting a little light in
> how you've started to believe in this
? believing in it takes more nerve than it looks
? you're ready for something to go right without a catch
= might work out, might turn, bit of light, letting myself believe, open up, good chance, optimistic, better days, things will, wish for

[impressed wonder]
~ I {just stood there|sat there} with my mouth open.
~ I had no idea {they|anyone} could do that.
~ I keep telling people about it, and I can't do it justice.
~ It made me look at them differently.
> how much that made you look twice
> how that rearranged your picture of them
? it stirred up something about what you could do yourself
? you like being wrong about people in that direction
= mouth open, had no idea, do it justice, look at them differently, talent, amazing how, skill, blown away, couldn't believe how good

[jealous envy]
~ I {smiled|said well done}, and inside I was counting what I don't have.
~ I hate that my first thought was why {not me|them}.
~ I {keep comparing|measure myself against them}, and I come off worse.
~ I don't want theirs taken away, I just want a turn.
> how it stings to watch it land elsewhere
> how you keep ending up on the wrong side of the comparison
? it's your own turn you're grieving more than their luck
? you'd be happy for them if you felt a bit less left out
= counting what i don't, why not me, why them, comparing, measure myself, just want a turn, everyone else gets, she has, he has, instead of me, other girls, other guys

[joyful joy]
~ I laughed until {it hurt|I had to sit down}.
~ The whole {house|place} felt brighter.
~ I {danced|hummed} round the kitchen, which isn't like me.
~ I want to keep that {minute|moment} somewhere safe.
> how light that made everything
> how fully you were in that moment
? you'd nearly forgotten it could be this simple
? it matters that you weren't alone in it
= laughed until, felt brighter, danced, hummed, minute somewhere safe, moment somewhere safe, best day, so happy, celebrat, newborn

[lonely loss]
~ The evenings are {the long part|when it's loudest}.
~ I pick up my phone, and there's {nobody|no one} I'd really write to.
~ I talk to {the radio|myself} more than I'd admit.
~ Everybody seems to have their {people|place} already.
> how quiet it gets around you
> how far away everyone seems
? you miss being expected somewhere
? being surrounded by people wouldn't fix it, being known would
= evenings are, nobody i'd really, no one i'd really, the radio, talk to myself, have their people, have their place, eat by myself, home by myself, sat by myself, no friends, so alone, all alone, being alone, live alone, empty flat, empty house, miss my

[nostalgic memory]
~ I can {still smell|practically hear} it when I close my eyes.
~ I didn't know those were the days while I was in them.
~ It's {gone|all different} now, and I still go back in my head.
~ One {song|photo} and I'm right back there.
> how close that time still is to you
> how quickly it takes you back there
? what you miss is who you were in it
? you'd like somebody who remembers it too
= it when i close, those were the days, back in my head, one song, one photo, right back there, back then, i used to, we used to, old days, growing up, childhood, years ago

[prepared pride]
~ I've got {the list|everything} laid out and checked {twice|off}.
~ I went through every step until it was boring.
~ Whatever comes, I {have|made} a plan for it.
~ I packed, I practised, I even have a backup.
> how thoroughly you've thought this through
> how little you've left to chance
? being ready is how you look after your own nerves
? now that it's all done, the waiting is the odd part
= list laid out, everything laid out, lined it all, checked twice, checked off, every step, have a plan for, made a plan for, backup, packed, practised, studied, ready for, stocked, supplies

[proud pride]
~ I {stood|walked} a bit taller after.
~ It took {ages|a long time}, and nobody handed it to me.
~ I {teared up|got a lump in my throat} a little, which isn't like me.
~ I wanted somebody to {see it|know what it took}.
> how much of yourself went into this
> how good it is to stand behind this
? what you'd like most is for somebody to know what it took
? you're still getting used to being the person who did that
= taller, nobody handed, teared up a little, lump in my throat, what it took, somebody to see, accomplish, graduated, first place, achieved, medal, i finished

[sad loss]
~ I {cried|teared up} in the car, of all places.
~ Everything {feels|has felt} a bit grey around it.
~ I get {slow|quiet} when I think about it.
~ There's a gap where it used to be.
> how heavy this sits with you
> how much is missing now
? you've been holding it in so that others don't have to see
? it hurts this much because it mattered this much
= cried, grey, get slow, get quiet, a gap, tears, miss him, miss her, miss them, sick for, hospice, lost my

[sentimental memory]
~ I couldn't {throw|give} it away if you paid me.
~ I {hold|held} it a little too long before I put it back.
~ It's only {an object|a small thing}, and it has everything in it.
~ I get a bit {soft|misty} about this sort of thing.
> how much is folded into that
> how tenderly you keep this
? it's a way of keeping someone close
? putting it away would feel like closing a door
= throw it away, give it away, held it a little, hold it a little, only an object, everything in it, misty, soft about, keepsake, kept it, heirloom, baby photos

[surprised wonder]
~ I had to {read|hear} it twice.
~ It was the last thing I {saw coming|expected}.
~ I'm still catching up with it, to be fair.
~ I just said "what?" about {four|five} times.
> how completely that came out of nowhere
> how you're still catching up with it
? it's made you wonder what else you've been wrong about
? you haven't decided yet what you feel about it
= read it twice, hear it twice, last thing i, catching up, said "what?", unexpected, shocked, found out

[terrified threat]
~ I {couldn't|could not} move, I just froze.
~ I {still|can still} feel it in my legs, like they won't hold.
~ I {thought|was sure} that was it for me.
~ I've never {screamed|run} like that.
> how completely it took you over
> how your whole body remembers it
? some of you is still standing in that spot
? you haven't had one safe minute to let it out
= froze, legs, that was it for me, screamed, nightmare, panic, gun, attacked, couldn't breathe, won't hold

[trusting bond]
~ I {handed it over|let go of it} and didn't check once.
~ I don't {feel I|} have to watch my back with them.
~ If they say it's fine, it's fine.
~ I gave them the {keys|benefit of the doubt} and slept well.
> how safe you feel leaving that in their hands
> how much weight you let them carry
? it took you a while to be able to lean on anyone like that
? letting go of the checking was the real step
= handed it over, let go of it, watch my back, it's fine, gave them the, benefit of the doubt, relied on, rely on, count on them, lent, borrow
"""

FAMILY_OF = {
    "threat": "nervous worried stressed panicked scared overwhelmed uneasy insecure tense unsure hesitant cautious "
    "fearful alarmed pressured confused lost doubtful torn",
    "anger": "frustrated irritated resentful betrayed mad outraged bitter impatient disrespected hostile offended "
    "fed_up cheated",
    "loss": "grief grieving hurt heartbroken hopeless depressed homesick discouraged tired exhausted drained bored "
    "isolated ignored rejected unmotivated numb defeated down unhappy misunderstood burnt_out burned_out weary stuck",
    "shame": "regretful humiliated remorseful inadequate foolish self_conscious worthless failing",
    "envy": "envious left_out inferior",
    "disgust": "revolted repulsed",
    "memory": "wistful touched moved reflective",
    "joy": "happy delighted relieved calm amused cheerful peaceful satisfied playful pleased relaxed glad elated serene",
    "pride": "accomplished capable determined motivated strong ready focused competent brave empowered",
    "bond": "loved thankful connected loving affectionate loyal supported appreciative welcome",
    "hope": "eager optimistic expectant inspired encouraged curious longing interested keen",
    "wonder": "amazed astonished awed shocked startled stunned intrigued",
}

POSITIVE_FAMILIES = frozenset({"joy", "pride", "bond", "hope", "wonder", "memory"})

IN_OTHER_WORDS = {
    "afraid": "on edge", "angry": "worked up", "anger": "heat", "annoyed": "bothered", "annoying": "a nuisance",
    "anticipating": "waiting for", "anticipation": "waiting", "anxious": "on edge", "anxiety": "nerves",
    "apprehensive": "in two minds", "ashamed": "small", "caring": "gentle", "confident": "sure", "confidence": "certainty",
    "content": "at ease", "devastated": "flattened", "devastating": "crushing", "disappointed": "let down",
    "disappointing": "a letdown", "disappointment": "letdown", "disgusted": "put off", "disgusting": "foul",
    "embarrassed": "shown up", "embarrassing": "awkward", "excited": "thrilled", "exciting": "thrilling",
    "excitement": "thrill", "faithful": "loyal", "furious": "boiling", "grateful": "thankful", "guilty": "bad",
    "hopeful": "optimistic", "impressed": "struck", "impressive": "striking", "jealous": "sore", "jealousy": "envy",
    "joyful": "over the moon", "lonely": "on my own", "loneliness": "quiet", "nostalgic": "wistful", "prepared": "ready",
    "proud": "pleased", "proudly": "gladly", "sad": "low", "sadness": "weight", "sentimental": "soft",
    "surprised": "caught out", "surprising": "unexpected", "surprise": "shock", "terrified": "scared stiff",
    "terrifying": "dreadful", "trusting": "relying on", "trusted": "relied on",
}  # fmt: skip
"""How a person who avoids a label's word says it."""
