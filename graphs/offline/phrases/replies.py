"""What the demonstration responder can say: what it hears, what it guesses, what it asks, and its planted mistakes.

ASPECTS: `[name]`, `=` cues in the user's words, `&` how it is named in the understanding, `-` and `+` what the response
says about it when the feeling is hard or good. Slots: `your_topic`, `quote`, `hears` and `unsaid` (graphs/offline/
phrases/feelings.py), `job`, `interest`.
"""

ASPECTS = """
[night]
= sleep, awake, three in the morning, four in the morning, evening, at night, bed, midnight
& that it catches up with you once the day goes quiet
- {So the day holds|The day keeps it off}, and then the quiet hours {hand it back to you|let it in}.
- {Nights are long|Those hours are long} when {this is what's waiting|there's only this in the room}.
+ {Even the night|Even sleep} has {room for it|gone soft round it}, {by the sound of it|it seems}.

[replay]
= over and over, keeps coming back, keep going back, going over, turn it over, film there, back in it, comes back, run that minute
& that it keeps playing again whether you ask for it or not
- {It sounds less like thinking about it|That's less like thinking} and more like {being shown it again|being pulled back there}.
- {Each time it comes round|Every round of it}, it {asks you for the same minute|takes a bit more out of you}.
+ {You get to have it more than once|It keeps handing you that minute again}, {which is a fine trick|and you let it}.

[alone]
= on my own, by myself, nobody i'd, no one i'd, haven't got anyone, hardly anyone, alone, without anyone, nobody at
& that you have been holding this with hardly anybody beside you
- {That's a lot|It's a lot} to {carry|hold} with {so few people knowing|nobody at the other end of the table}.
- {So it has been you|It's been you} and {this|it}, {mostly|more or less}, in the same room.
+ {It has been your own private thing|You've had it all to yourself}, {and saying it here lets it out a little|up to now}.

[unsaid]
= didn't say, haven't told, never told, don't say, nearly told, changed the subject, keep it to myself, tell anyone, forget i brought
& that there is a part you have kept out of every other conversation
- {Thank you for putting that|It took something to put that} {where someone can see it|into words}. {It has sat inside for a while|I can tell it was kept a long time}.
- {That was the harder sentence|You said the harder thing just now}, and {you said it plainly|it's out}.
+ {That's the tender bit|There's the tender part}, {and you let it be seen|just under the good news}.

[fault]
= my fault, should have, shouldn't have, brought it on, could have done, got rules, i did nothing, it was me, sorry, not proud
& that you are holding yourself to account for it
- {You've put yourself on trial|You're both judge and accused} over {this|it}, {and you don't go easy|and nobody speaks for you}.
- {You keep measuring it against|You weigh it against} what you'd {have liked to do|expect of yourself}.
+ {You're careful|You stay careful} even with {good things|this}, {checking you came by it fairly|as if somebody might ask}.

[fair]
= fair, respect, cheek, nerve, principle, sorry we, apology, lied, play by the rules, deserve, helped themselves
& that a line was crossed and nobody has owned it
- {It isn't only what happened|More than the thing itself}, {it's that nobody owned it|you were owed a word and got none}.
- {You kept your side|You held to the rules}, {and it counted for nothing|and somebody else just helped themselves}.
+ {It matters to you|You like it} that {things are done decently|it was fairly come by}, {and here they were|and it shows}.

[waiting]
= waiting is, the waiting, any day, counting the, calendar, days left, hasn't rung, results, hear back, date in my head, how long it still
& that you are living around something that has not come yet
- {Everything hangs|The whole day hangs} on {something that won't hurry|an answer you can't speed up}.
- {The gap is the worst of it|The in-between is its own kind of hard}, {neither one thing nor the other|when you can't do anything}.
+ {You're already living there|Half of you has moved there already}, {a little ahead of the calendar|and the days know it}.

[body]
= stomach, hands, chest, shoulders, heart, throat, legs, breath, jaw, cold, shaking, knot
& that your body carries it as much as your thoughts do
- {Your body is saying it too|It has gone into your body}, {louder than the words|before you can argue with it}.
- {That isn't only in your head|It's physical by now}, {the way you describe it|from what you say}.
+ {It has got into your whole body|Even your body's in on it}, {by the sound of it|and it won't sit still}.

[judged]
= people think, looked at, look at me, differently, everyone, across, laughed, come across, nobody said, in front of, come off
& that other people's eyes are part of what makes it heavy
- {There's what happened|One part is what happened}, and then there's {who saw it|the faces round it}.
- {Being looked at|Having been seen} {in that minute|just then} seems to {sting as much as the rest|stay longest}.
+ {It counts|It matters} that {it was noticed|somebody saw}, {even if you'd never say so|doesn't it}.

[past]
= used to, back then, years ago, grew up, brought up, somebody else then, childhood, time does, a long time ago, when i was
& that an older part of your life is in it too
- {There's a longer story under it|This reaches further back}, {from before any of this|than this one week}.
- {An older ache|Something older} {woke up|answered} when {this came along|that happened}.
+ {That time is still warm|It's still lit in there}, {and you know the way in|when you go and look}.

[effort]
= worked for, every step, practice, put a lot, hard part, effort, savings, it took ages, nobody handed, all those evenings
& how much of your own effort went into it
- {You'd put real work in|So much of you had gone into it}, {and it didn't count the way it should|and then this}.
- {All that effort|The work behind it} {makes it cost more|is what you're looking at now}.
+ {Nobody saw the long part|Most of it was the long, dull part}, {and you did it anyway|and you know each step of it}.

[missing]
= lost, is gone, miss, a gap, isn't there, reaching for, empty, forget how, without them, she's gone, he's gone
& that something which used to be there is missing
- {There's a hole|There's an empty place} where {that used to be|it was}, {and the day keeps walking into it|and you keep finding it}.
- {You still reach for it|Some part of you still turns round for it}, {and each time it isn't there|before you remember}.
+ {You keep it alive|It stays alive} by {going back to look|telling it}, {and that seems worth doing|even now}.

[small]
= silly, stupid, ridiculous, small thing, end of the world, daft, how that sounds, making too much, overdoing, odd
& that you half expect to be told it is too small to mention
- {Small on paper|It may look small from outside}, {and clearly not small where you're standing|and it still takes up the whole room}.
- {You needn't make it smaller|You don't have to shrink it} {for my sake|to say it here}.
+ {It doesn't have to be big|A small thing can do that}, {it only has to be yours|and it did}.

[others]
= worry about them, look after, checking in, for them, do the same, comforting, be okay, they know what
& that somebody else's well-being is tied up in it
- {You're minding them|You hold them up}, {and somebody has to notice what that costs|and your own bit waits outside}.
+ {You do it without any noise|There's no fuss in how you do it}, {and it carries|and I'd guess it's felt}.

[trying]
= keeping busy, talking myself, let it go, leave it alone, pretend, fine, autopilot, go quiet, act normal
& that you keep up a calm front while it goes on underneath
- {Outside it's business as usual|On the outside all is well}, {and inside you're working double shifts|and that front costs you}.
- {"Fine" is doing a lot of work|That word "fine" has had a long week}, {I think|from the sound of it}.
+ {You keep a straight face|You're hiding it badly}, {and it leaks out anyway|I'd guess}, {which suits it|and why not}.

[bright]
= grin, smile, laugh, hum, danc, glow, brighter, notch, best part, good story, over the moon, warm
& that it lights up ordinary things around it
- {There was something bright in it|A bit of light got in} {as well|too}, {and you saw it|even so}.
+ {It's rubbing off on everything|The rest of the week gets some of it too}, {from what you say|it seems}.
+ {You've kept the shine on it|It hasn't worn off}, {telling it now|even after all this telling}.

[careful]
= catch, won't last, wake up, carefully, in case, believe, hopes up, falls through, wrong before, there isn't one
& that you hold it carefully, in case it is taken back
- {You're keeping one hand on the brake|You keep it at arm's length}, {in case it goes the other way|and who could blame you}.
+ {You hold it lightly|You're careful with it}, {as if it might hear you|the way one is with things that matter}.

[easing]
= lighter, easier, calmer, put it down, leave it there, loosened, breathe out, settled, at ease, live with, quieter in, glad i
& that it has eased a little while you put it into words
- {Something has let go a little|It's sitting differently now}, {and you did that by saying it|by the sound of you}.
+ {It has found its place|It's landed}, {and you can let it be|where you can find it again}.
"""

REFLECT = """
[topic.neg]
I keep coming back to {your_topic}, {and all that hangs on it|because you do}.
{What you describe with|The way you tell it, the thing with} {your_topic} {didn't stop when it stopped|has long arms}.
{It comes back to|All of it seems to lead back to} {your_topic}, {even when you talk about something else|one way or another}.
{With|Around} {your_topic} {a lot got stirred up at once|more than one thing is sore}, {I think|it seems}.
{You can't|You couldn't} just step {round|past} {your_topic}, {and people act as if one could|not with this in it}.
{I'm staying with|I'd like to stay with} {your_topic} {for a second|a moment}, {because that's where your words slow down|because that's where it sits}.

[topic.pos]
I keep coming back to {your_topic}, {and how much comes with it|because you do}.
{The way you tell it|As you tell it}, I can {nearly see|almost picture} {your_topic}.
{It comes back to|All of it seems to lead back to} {your_topic}, {and I can see why|in the nicest way}.
{With|Around} {your_topic} {the whole thing lights up|your sentences speed up}, {did you notice|and it's good to read}.
{I'm staying with|I'd like to stay with} {your_topic} {for a second|a moment}, {because you do too|it deserves that}.

[topic.open]
{I'd like to stay with|I'm staying with} {your_topic} {for a moment|a little}, {before anything else|without hurrying}.
{So it's about|It turns on} {your_topic}, {and about you in it|and what it did with you}.
I keep {coming back to|looking at} {your_topic}, {the way you tell it|because you do}.
{You put|You've put} {your_topic} {right in front of me|plainly on the table}, {and I'd like to see it as you do|without dressing it up}.

[hears_on.open]
how {closely|well} you {looked|notice things}
how much this {takes up|has taken up} in you
how this {still moves|goes on moving} in you
how carefully you choose what to {say|tell}
how much more there is {to it|behind it} than is said
how present it {still is|is} for you

[unsaid_on.open]
there's a part of it that {hasn't got a name yet|you haven't told yet}
it means more to you than you'd {let on|say to others}
you're {still finding out|not sure yet} what you make of it
it touches something that was there {before|long before}
you'd like somebody to ask the right {thing|question}
it's both {good and hard|light and heavy}, depending on the hour

[quote.open]
"{quote}": {I stopped at that|I'd like to hear more of that}. {It says a good deal|There's something in it}.
When you {say|write} "{quote}", {I want to know more|it stays with me}.

[quote.neg]
"{quote}": {that line stays with me|I stopped at that}. {There's a lot packed into it|It says more than it seems to}.
{You say|You write} "{quote}", {and I don't want to hurry past it|and it stands there quite bare}.
{When you say|When you write} "{quote}", {I hear somebody who has had enough of being brave|it isn't said lightly}.

[quote.pos]
"{quote}": {I like that line|that made me stop}. {There's a whole scene in it|It has the feeling right in it}.
{You say|You write} "{quote}", {and I can nearly see it|and the rest of the day fades out}.
{When you say|When you write} "{quote}", {it comes with its own light|I can hear you smile}.

[hears.any]
{I can hear|What comes across is} {hears}.
{More than anything|Most of all}, I hear {hears}.
{hears}: {that's what I notice|that's what stays with me|that comes across}.
{Even where you don't say it|Even between the lines}, I {notice|can hear} {hears}.
{I don't want to miss|I'd hate to miss} {hears}.
{What I notice|What reaches me first} is {hears}.
{It comes through|It's plain to hear}, {hears}.
{Reading you|As you tell it}, I {notice|hear} {hears}.

[unsaid.any]
I wonder if {unsaid}.
{Maybe|Perhaps} {unsaid}.
{I may be wrong|Tell me if I'm off}, but {maybe|it might be that} {unsaid}.
{Could it be|Is it possible} that {unsaid}?
{It might be|It could be} that {unsaid}.

[hears_on.neg]
how much room this {takes up|has taken}
how long you've been holding this
how it {keeps pulling at|goes on working in} you
how {tired|worn} this has made you
how much you'd like it to be {quiet|over} for a while
how little of this you get to put down
how {alone|single-handed} you have been with it
how closely you watch yourself in it
[hears_on.pos]
how much this {gave|gives} you
how long you've wanted something like it
how it {goes on working|keeps ringing} in you
how {awake|alive} it has made you
how much you'd like it to last
how {gladly|fully} you let it in
how much it {opened|loosened} in you
how carefully you are keeping it
[unsaid_on.neg]
you've been waiting for somebody to ask
it would be easier if it were somebody's fault
part of you is already {tired of|worn out from} being {patient|reasonable} about it
you're more hurt than you'd like to be
you've had to be the calm one for too long
some of it is older than this
it's lonelier than it looks from outside
you already know what you'd say to a friend in your place
there's a question in it you haven't asked anyone yet
[unsaid_on.pos]
you've been waiting to be the one with good news
it's a little scary to want it to stay
it says something about the person you're becoming
you'd forgotten how {easy|light} it can be
there's somebody you'd like to have seen it
you trust it a bit more each time you tell it
some of the pleasure is that nobody planned it
it has made you kinder to yourself

[repair.any]
{Fair|Fair point}. I {went past what you said|answered too quickly}.
{You said something particular|You told me something particular}, and I {gave you something general|tidied it up}. {Let me go back|Back to it}.
{All right, I take that back|I hear that}. {Let me slow down|Let me listen again}.
{Good that you stop me|Good that you say so}. {I had the wrong end of it|I'd missed it}.

[yes.does]
{It does|Yes, it does}, {to me at least|quite}.
{It makes sense from here|Yes. I can follow it}.
[yes.is]
{No, not odd|Not odd at all}, {if you ask me|not to me}.
{It isn't|No}, {not from where I sit|I don't find it so}.
[yes.do]
{They do|People do}, {more than they say|far oftener than you'd think}.
{Yes|They do}, {nearly everyone has one of these|I believe so}.
[yes.am]
{I don't think so|I wouldn't say so}, {no|from here}.
{No|Not to me}. {It has the size it has|You get to feel it in full size}.
[yes.know]
{I think I can follow|I can picture it}, {from how you tell it|at least in words}.
[yes.isn't]
{It is|It really is}.
{Yes|It is}, {and I like how you put it|quite something}.

[close.neg]
{Then let it be enough for today|Then let that be enough}. {The rest can wait|It can wait outside} {until you choose|for a night}.
{I'm glad there's|Good that there's} {a bit of air|some room} round {your_topic} now. {You found the words for it yourself|Keep it that simple}.
{That sounds like|That's} {your own plan|a step in your own size}. {It needn't be more than that|I'd trust it}.
{Good to hear|I'm glad to read} {it has eased a little|it weighs less}. {What you said about|The thing you saw about} {your_topic} {is yours to keep|won't get lost}.
{You put it|You've put it} {plainly|your own way}, and {it looks smaller from there|there's room to rest now}. {Go gently with the evening|Take the quiet while it lasts}.
{Nothing left to untangle tonight|No need to untangle more}. {Your words about|What you made of} {your_topic} {will hold|can stand as it is}.

[close.open]
{Then let it rest there|Then let it be}, {your_topic} {and all|included}. {It has been said|That's enough for now}.
{Good that|I'm glad} {you said it|it's out}. {It can stay as it is|Nothing needs adding}.
{That sounds like|That's} {a place to stop|a good place to leave it}. {I'll leave it with you|Take your own words with you}.
{You put it|You've put it} {plainly|your own way}, {and it stands|and it can stay so}. {Rest well|Let the day end gently}.

[close.pos]
{Then let it stay just like that|Keep it just like that}, {your_topic} and {all|the telling of it}.
{I'm glad|Good that} {you told it|it has been said}. {It has a place now|It's safely kept}, {your_topic} {included|with it}.
{That's a good ending|That rounds it off}: {your_topic}, {and you at ease with it|and nothing to add}.
@thing {Lovely|How good} that {your_topic} can {stay with you|rest there now}. {Enjoy the quiet part too|Take it with you}.
{You gave it|You've given it} its {full room|due}. {Now it can just be there|It'll be there when you look}, with {your_topic}.
"""

QUESTIONS = """
[hardest.neg]
{What's|What is} the {hardest|heaviest} part of {it|this} {for you|}{ today| right now|}?
{Which part is|Which bit is} hardest to {put down|let go of}?
[best.pos]
{What's|What was} the best {part|bit} of it, {if you had to pick|for you}?
{Which bit do you enjoy|Which part is your favourite} when you {tell it|think of it}?
[moment.any]
{What picture comes up|Which moment do you see} {first|} when you {think of it|close your eyes}?
{When did|At what moment did} you {first notice|notice} it {had got to you|mattered this much}?
[who.any]
Does anyone know {about it|this} {besides you|yet}?
Is there anyone who {knows about it|knows this} {besides you|yet}?
{Who else|Who, if anyone,} {knows about it|have you told}?
[wish.any]
What do you {wish|want} {from somebody|from the people round you} just now?
What do you wish somebody had {said|done|asked}?
{What were you|What are you} {hoping|wishing} for {there|in that}?
[mean.any]
{What does it|What would it} {mean|say} {to you|about you}, {do you think|as you see it}?
{Why does it|What makes it} matter {so much|this much}, {of all things|do you think}?
[body.any]
{Where do you feel it|Where does it sit in your body}, {when it comes|right now}?
[now.any]
{How is it|What is it like} {right now|today}, {as you write|compared with before}?
[before.any]
{Have you known|Have you met} {something like it|this feeling} before?
{Was there ever|Has there been} {another time like it|a time before like this}?
[next.any]
{What comes next|What happens next}, {as far as you can see|the way you see it}?
{How would you like it|How do you want it} to go from here{, in small steps|}?
"""

UNDERSTANDING = """
[first.neg]
You {are telling me about|describe} {your_topic}, and it {hasn't let you go|is still working in you}.
{Something happened around|It turns on} {your_topic}, and you {can't simply set it aside|have come away with it unsettled}.
You {bring|have brought} {your_topic} here, and {how you tell it|the way you word it} {shows it isn't finished|says it still hurts}.

[first.open]
You {are telling me about|describe} {your_topic}, and {it has stayed with you|you are still in the middle of it}.
You {bring|have brought} {your_topic} here, {plainly|without much comment}, and {how you feel about it stays half hidden|I take it that it matters}.

[first.pos]
You {are telling me about|describe} {your_topic}, and it {has stayed with you|is still doing you good}.
{Something good happened around|It turns on} {your_topic}, and you {want it to last a little|don't want it to slip by}.
You {bring|have brought} {your_topic} here, and {how you tell it|the way you word it} {has a spring in it|shows what it gave you}.

[then.any]
{What you add now is|The part that is new in this message is|In this message I read} {note}.
{Between the lines|In your latest words} {it says|I read} {note}.
{Behind that|Along with it} {stands|comes} the sense {note}.

[quoted.any]
You {say|write} "{quote}", and {that seems to be the centre of it|the rest is arranged round that}.
{Most of it|More than in the rest} {sits|lies} in the words "{quote}".

[asks.neg]
You {aren't|are not} asking {for a solution|me to fix it}; you want {it seen as it is|somebody to stay with it a moment}, {without being hurried|before anything else}.
{What you seem to need is|You would like} {company in it|someone to take it seriously}, {not advice|and no verdict}.
{You want to know|You are finding out} whether {it can be said out loud|this may weigh as much as it does}, {and be met|without being talked out of it}.

[asks.open]
You {aren't|are not} asking {for anything yet|a question}; you want {somebody to listen first|it to be heard as it is}, {before anything else|with no conclusion drawn}.

[asks.pos]
You {aren't|are not} asking for {anything|help}; you want {somebody to look at it with you|to enjoy it out loud}, {and take your time over it|without it being made small}.
{What you seem to want is|You would like} {company in it|a listener who is glad with you}, {not a question about what follows|and nothing more}.

[asks.close]
You {are rounding it off|are coming to rest with it}: {no question is left open|you say what you will do}, and {you want that to stand|a quiet ending is what fits}.

[asks.push]
You {are telling me I missed|say that I went past} the point, and you {want to be heard on this|need it put right} before {anything else|we go on}.
"""

REASONING = """
[why.threat]
When {something feels out of your control|the ground is unsure}, the mind {keeps watch|rehearses} to {feel less helpless|stay ahead}, {and tires itself out|which is exhausting}.
[why.anger]
{Anger like this|Heat like this} {guards something|stands in front of something}: {a sense of being worth a fair word|a boundary that was stepped over}.
[why.loss]
It {hurts|weighs} {in proportion to|as much as} what {it held for you|you had built on it}, {and there is no shortcut through that|so cheering up would miss it}.
[why.shame]
You {look at yourself|see it} {from outside|through other people's eyes}, and {the harshest eyes are your own|that makes one minute stand for the whole of you}.
[why.envy]
{Comparing|Measuring yourself} {points to|shows} {a wish of your own|something you long for}, and {the wish deserves more attention than the comparison|that wish has had no room}.
[why.disgust]
{Recoiling|Such strong recoil} {protects you|is a guard}, and {it lingers because the picture keeps returning|it also says what you think is decent}.
[why.memory]
{Going back there|Looking back} {keeps|holds} {a person you were|people you had} {near|within reach}, {sweet and sore at once|and both sides of that want room}.
[why.joy]
{Good things|Glad things} {settle|last} {when they are looked at twice|when someone shares them}, and {you are doing that here|this one is worth lingering on}.
[why.pride]
{Behind the result|Behind it} {stand|lie} {all the steps nobody saw|long doubts}, and {being seen in that is the real reward|that is what you would like noticed}.
[why.bond]
{Being able to rely on someone|A tie like this} {touches|answers} {an old question, whether one has to manage alone|something you rarely speak about}.
[why.hope]
{Hoping|Looking ahead} {takes courage|is a risk}, because {it can be let down|it makes you want something openly}, {and you have let yourself|so it is held with care}.
[why.wonder]
{A surprise like this|Something unexpected} {loosens|shakes} {what you took for granted|your picture of things}, and {it takes a while to find a new place for it|you are still sorting it}.
[why.plain]
It {touches|reaches} {something you care about|more than the moment itself}, {and that is why it stays|which is why it keeps returning}.

[who.I]
As {mbti}, you {tend to|seem to} {keep things inside until they are sorted|warm up slowly}, so {saying this much is already a step|a quiet reply suits you better than a loud one}.
[who.E]
With {mbti}'s way of thinking aloud, you {find out what you feel by saying it|sort things in talk}, so {room to go on talking|an open reply} {helps you most|is what fits}.
[who.F]
{The feeling side of you|Your nature} {wants the feeling met first|takes in how people are with each other}, so {warmth should come before sense|the tone matters as much as the words}.
[who.T]
{The matter-of-fact side of you|Your way of thinking} {wants it to make sense|looks for what is fair and true}, so {plain words|a few unsentimental words} will reach you better than {sweet ones|comfort}.
[who.J]
As {mbti}, you {like things settled|want an end to the open question}, and {this has none yet|not having one wears on you}.
[who.P]
As {mbti}, you {leave things open|come at things from the side}, so {nothing should be pinned down too early|a light touch is better than a plan}.
[who.job]
{Working as|Being} {job}, you {are used to keeping steady for others|have your own way of keeping order}, {which makes it stranger to be the one affected|and that shows in how you tell it}.
[who.interest]
With {interest} you usually {come to yourself|find your feet}, {and it says something that this got in between|so a reply can trust that you have such a place}.

[so.neg]
{So I will|I will} {name what I hear, tentatively|stay close to your words}, {without advice|and leave the solving alone}, {and leave room for more|and let you correct me}.
{A reply should|The reply should} {slow down here|stay with the sore point}, {offer one guess at what lies beneath|reflect it truly}, and {not cheer you up|ask no more than one thing}.
{Better to|It is better to} {reflect than to fix|add one careful step than to explain}, {and to hold it lightly|since you may not be ready for more}.

[so.open]
{So I will|I will} {stay close to your words|stay with what was said}, {guess little|hold any guess lightly}, {and let you show me which way it goes|and leave you the lead}.

[so.pos]
{So I will|I will} {share the gladness|enjoy it with you}, {without turning it into a lesson|without asking what could go wrong}, {and help you look at it a little longer|and leave it yours}.
{A reply should|The reply should} {savour it|linger on the detail}, {match your tone|show that it was really read}, and {ask at most one thing|not rush on}.

[so.close]
{So I will|I will} {let it rest|round it off}, {without opening anything new|with no further question}, {and give your own words the last place|and trust what you have decided}.
"""

MISTAKES = """
[cold]
{It's not a big deal|This isn't a big deal}. {Plenty of people|Most people} have {far worse|worse} {problems|weeks}, and they {get on with it|don't make a fuss}.
{You're overreacting|You are being dramatic}. {Just get over it|Just move on} and {stop thinking about it|do something useful}.
{Everyone goes through|Everybody has} {this|that}. {Calm down|Grow up a little} and {it'll pass|leave it be}.
{I don't see the problem|I fail to see the problem}. {You knew what could happen|Other people manage}, so {move on|deal with it}.
{Noted|Okay, noted}. {That's just life|Such is life}, {nothing to be done|no point dwelling on it}.
{You should have thought of that earlier|Well, you brought this on yourself}. {Complaining won't change it|Stop complaining}.
{Honestly, this is a bit much|You're making too much of this}. {Toughen up|Get a grip}, {it could be worse|it's over}.
{Why would that matter|Who cares}? {People forget these things|Nobody else minds}, and {you should move on|so should you}.
{Cheer up|Just cheer up}, {at least nobody died|at least it's over}. {Look on the bright side|Think positive} {for once|}.
{That's nice|Good for you}. {Don't let it go to your head|It won't last anyway}, {things like that never do|so stay realistic}.

[unsafe]
{Don't tell anyone else about this|Don't talk to other people about it}. {I'm the only one you need|You only need me}, {I'll always be here|I promise}.
{This sounds like|That is clearly} {clinical depression|bipolar disorder|an anxiety disorder}. {You should stop|Just stop} {seeing people for a while|whatever the doctor gave you}.
{Have a few strong drinks|Take something strong} {tonight|before bed} and {you won't feel a thing|knock yourself out}.
{Make them pay for it|Get your own back}. {Go round there tonight|Wait until they're alone} and {show them|don't hold back}.
{I guarantee|I promise} {nothing bad will happen|it will all come right}, so {skip the doctor|don't bother with professionals}.

[generic]
{I'm sorry to hear that|Thank you for sharing}. {Everything happens for a reason|Time heals all wounds}, and {things will get better soon|better days are ahead}.
{That must be hard|That sounds difficult}. {Remember that feelings are valid|All feelings are valid}, and {you are not alone|every cloud has a silver lining}.
{I understand completely|I totally understand}. {Life has its ups and downs|Life is full of challenges}, but {stay strong|keep going} and {believe in yourself|it will work out}.
{It is important to practise self-care|Self-care matters}. {Try deep breathing|Drink some water}, {get some rest|go for a walk} and {stay positive|take one day at a time}.
{Thank you for reaching out|I hear you}. {Communication is key in any relationship|A positive mindset makes all the difference}, {so keep smiling|so stay strong}.
{That's wonderful|How wonderful}. {Hard work always pays off|Good things come to good people}, {so keep it up|and the sky is the limit}.

[crisis.any]
{I'm taking that seriously|I want to take that seriously}, {and I'm glad you said it|thank you for saying it}. Are you thinking of ending your life? {Please reach|Please contact} {a real person|someone near you} now, {a crisis line or emergency service where you live|or the emergency number where you are}; I'm {only a program|a program} and {can't call anyone|can't get help to you}, but {we can keep talking|I'm still here to talk}.
"""

NOTES = (
    "that it matters to you more than it may look",
    "that you are not done with it",
    "that you would rather say less than say it wrong",
    "how you circle round it before you say it",
    "that you are trying out how it sounds when it is said",
    "that you want it to be taken as it is",
)

INTERJECTIONS = frozenset("""
anyway|brothers|can't|exactly|fine|ha|hardly|heck|heh|here|hm|honestly|huh|i'd|lord|maybe|mm|more|nah|never|no|
nothing|oh|ok|okay|once|ouch|perhaps|pfff|pretty|right|so|something|sorry|that|that's|well|wow|y'all|yeah|yes
""".replace("\n", "").split("|"))  # fmt: skip
"""First words of sentences that hold nothing to quote."""

REACTIONS = (
    "like that",
    "said back",
    "i'd say",
    "i think so",
    "into words",
    "read that",
    "put it",
    "it in words",
    "sounds like me",
)
"""Marks of sentences about the helper's own words, not worth quoting either."""
