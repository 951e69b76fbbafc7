"""What the simulated user can say, by kind and by the feeling's side (`neg`, `pos`) or family.

Slots: `topic` and `other` (noun phrases of the situation), `who` (a person in it), `interest` (from the persona), `work`.
Flags: `done` (it has happened), `ahead` (it is still to come), `recent` or `old`.
"""

OPENING = """
[lead.neg]
{So, |Okay, |Right, |}this {has been on my mind|has been following me around|won't leave me alone}.
I {nearly didn't write this|almost kept this to myself|typed this twice and deleted it once}.
{Not sure|No idea} where to {start|begin}, so I'll just {start|begin}.
{Bear with me|Sorry}, this may come out {in the wrong order|a bit crooked|sideways}.
I {need|have} to {put this somewhere|get this out of my head|say this to somebody}.
{Something|A thing} I {keep going back to|can't file away}:
{Here's|This is} what I've been {chewing on|carrying about}.
{Maybe it's silly|Maybe this is nothing}, but {here it is|here goes}.
{I don't usually do this|I don't write this sort of thing much}.

[lead.pos]
{So, |Okay, |}I {have to|need to} tell somebody this.
{Something good|A good one}, for {once|a change}.
{This|It} has been {going round my head|making my day|on my mind} in a {nice|good} way.
I {want|wanted} to {put this down|write this somewhere} before it {fades|slips away}.
{No problem to solve here|Nothing's wrong, by the way}, I just {want|wanted} to tell it.
{You'll laugh|It may sound small}, but {here it is|here goes}.
{Here's|This is} {what|the thing} I keep {smiling about|coming back to}.
I've been {walking round|going about} with this all {day|morning|evening}.

[tail.neg]
{Anyway|So}, {that's|that is} {where I am|the short version|the bones of it}.
{And|} I {don't know|can't tell} what to do with {it|that}.
I {can't|don't seem to} get {past|round} it.
{It|That} just sits there.
I've {told|mentioned it to} {hardly anyone|nobody much} so far.
I keep {running it back|going over it} {while I'm washing up|at odd hours|when it's quiet}.
{I know|I'm aware} how that sounds.

[tail.pos]
{Anyway|So}, {that's|that is} {the short version|my news|the gist of it}.
I {keep|can't stop} going back to it.
I {don't|didn't} want it to {just go by|pass unnoticed}.
{It|That} has {stuck with me|stayed with me} since.
I've {told|mentioned it to} {hardly anyone|almost nobody} yet.
I'm {still|} {walking round with it|a bit giddy, if I'm truthful|turning it over}.

[brief.neg]
{Can't shake it|It won't leave me|It's stuck with me}.
{Still there|Still going round|Still in my head}.
{Not great|Not a good one|Rough one}.
{Hard to explain|Hard to put down|Hard to look past}, {that one|this|I find}.
{Thought I'd say it|I had to say it somewhere|Best said out loud}, {I suppose|anyway|before it grows}.
{Don't know what to do with that|No idea what to do with it|So there's that|Yeah}.
{It's a bit much|It's a lot|That's where I am}, {to be honest|frankly|somehow}.

[brief.pos]
{Had to tell someone|Somebody had to know|Wanted to say it}.
{That's it, that's the news|That's all, really}.
{Still thinking about it|Keeps coming back to me}.
{Hard to explain|Hard to keep to myself|Hard to sit still with}, {that one|this|I find}.
{Thought I'd say it|I had to say it somewhere|Best said out loud}, {I suppose|anyway|before it fades}.
{Good one, that|A good one|So there's that}.
{Makes me smile|Made my week|Pleased with that}, {to be honest|frankly|somehow}.
"""

REACTIONS = """
[heard.neg]
{Yeah|Yes|Mm}, {that's it|that's about it|that's closer than I'd have got}.
{Yes|Yeah}, {exactly that|that, more or less}.
{Hm|Huh}. {I hadn't put it like that|I'd not looked at it that way|I hadn't heard it said back before}.
{Pretty much|More or less}, yes.
I {suppose|guess} that {is|must be} it.
{You've|You have} {put your finger on it|got the shape of it}.
{That lands|That's close to it}, {I think|actually}.
I {had to read|read} that {twice|again}, {because it fits|it fits}.
{Okay|Right}. {That's near the mark|That does sound like me}.

[heard.pos]
{Yes|Yeah}, {that's it|exactly that|that's the feeling}!
{Ha|Heh}, {yes|spot on|that's it}.
That's {just how it was|the nicest bit of it}, yes.
{Right|Yes}, {and|and the thing is} it keeps {growing|getting better} as I tell it.
{Hm|Huh}, {I hadn't seen it like that|I'd not put it into words}, but yes.
{Pretty much|More or less}, yes.
{I think so|I'd say so}, {yes|yeah}.

[generic]
{I mean|Well}, {sure|I suppose}. {That could be anyone, though|You could say that to anybody}.
{Okay|Right}. I'm not sure {that's about me|you got my point}.
{Hm|Well}, {that's a bit general|that sort of slides off}.
{Maybe|Perhaps}. {It's more particular than that, though|That doesn't quite touch it}.
I've {heard|read} that {line|sentence} {before|a few times}, to be {fair|honest}.

[cold]
{Wow|Oh}. {Okay|Right}.
That {stung|was a bit sharp}, {actually|I'll be honest}.
{Well|Hm}, {that's easy to say from there|I could have done without that}.
{Fine|Right}. {Forget I brought it up|I don't know why I bother, then}.
{Ouch|Okay, ouch}. {I wasn't asking to be graded|I wasn't after a verdict}.

[advice]
I {wasn't|am not} really {looking for|after} a {fix|to-do list} {yet|here}.
{I know what I could do|I can make a list of options myself}. {That isn't the hard bit|That's not what's stuck}.
{Maybe|Maybe so}, but {I'm not there yet|that's three steps ahead of me}.
{People keep telling me what to do|Everyone has a suggestion}. {I just wanted to say it first|I'd like to be done telling it first}.

[repeat]
You {started|began} {like that|the same way} {before|a minute ago}, {you know|by the way}.
{Didn't you just say that|We've had that one}, {I think|more or less}.

[start]
{So|Well,|Right,|Okay, so|Thing is,|Short version:|Basically,|So, plainly:|To put it simply,|What happened:|As it stands,}

[plain]
{Well|So}, {it's like this|let me put it this way|how do I say this}.
{I'm thinking|Give me a second}.
{Well|So|Right}.
{Mm|Hm}.
{Okay|Okay, so}.
{Yeah|Yes}.
{Let me think|Let me see}.
"""

ANSWERS = """
[hardest.neg]
The {worst|hardest} {part|bit}? {Probably|I'd say} how {ordinary|normal} everything around it {was|looked}.
{I'd say|Probably} the hardest {bit|part} is {not having anyone to be cross with|that it isn't finished in my head}.
The {heaviest|hardest} {part|bit} is {carrying on as if nothing's up|smiling through the rest of the day}.
{Honestly, the minutes just after|The part just after}, when {it's quiet|nobody says a word}.

[best.pos]
The best {part|bit}? {Probably|I'd say} {how simple it was|the minute before it sank in|that I noticed it while it was there}.
{I'd pick|I'd go for} the {small part|bit in the middle}, {the one I'd never put in a photo|when nobody was trying}.
{I think|Probably} the bit {with|around} {topic}, {if I had to choose|if you make me choose}.

[moment.neg]
{The picture that comes|What I see first} is {topic}, {as if somebody had stopped the film there|over and over}.
It's {one second of it|a single moment}, {really|actually}, {the one when I understood|just before I could do anything}.
{It comes back|I see it} at {stupid|odd} times, {brushing my teeth|waiting for the kettle|tying my shoes}.

[moment.pos]
{The picture that comes|What I see first} is {topic}, {clear as anything|plain as day}.
{There was one second|There's a moment} when I {thought|said to myself}: {keep this one|remember this}.
{It comes back|I see it} at {odd|random} times, {in queues|waiting for the kettle}, and I {smile like a fool|grin}.

[who.neg]
{No|Not really}. I {started to tell|nearly told} one person and {changed the subject|talked about the weather instead}.
{One person knows|I told one person}, and they were {kind|nice} about it, {and|but} it {didn't reach|went past} the actual thing.
{There's nobody|I haven't got anyone} I'd {call|ring} about {something like this|this sort of thing}.

[who.pos]
{I told one person|One person knows}, and {their face said it all|they asked me to tell it twice}.
{Not many|Hardly anyone yet}. I {like|rather like} having it to myself for a bit.
I'd {like|love} to tell {somebody|someone} who'd {get|understand} why it's a big deal {to me|}.

[wish.neg]
{I think I wanted|What I wanted was} somebody to {say it out loud|notice without being told}.
{I'd have liked|I would have liked} {one person|somebody} to {stop and ask|take my side for a minute}.
{No idea|I'm not sure}. {An hour where it isn't there, maybe|For it to be last month, I suppose}.

[wish.pos]
{More of the same, please|More of it}, {that's all|nothing fancier}.
{I'd like|What I'd like is} to {remember it right|hold on to it for a bit}.
{I think I want|What I want is} to {do it again|have it go on} without {planning it to death|talking it to bits}.

[mean.neg]
{I think it matters|It matters} because {I'd told myself I was past this sort of thing|I try so hard to keep things in order}.
{It says|I'm scared it says} something about {me|how I do things} that I {don't like|would rather not look at}.
{I couldn't tell you|Hard to say} why it {counts|weighs} so much. {It just does|It does, though}.

[mean.pos]
{I think it matters|It matters} because {I'd stopped expecting it|things like that don't happen to me much}.
{It tells me|It says} I {wasn't wrong to keep going|might be doing something right}.
{It's proof|It's a small proof} that {not everything has to be hard|I can still be caught off guard}.

[body.neg]
{In my shoulders|In my stomach}, mostly. {By evening I'm like a plank|I notice when I try to eat}.
{It goes straight to my chest|Chest, I'd say}, {like a strap|and then my hands get cold}.

[body.pos]
{In my chest, I'd say|Chest}, {like somebody opened a window|a sort of warm hum}.
{Everywhere|All over}, {daft as it sounds|actually}. {Even my feet|My hands won't keep still}.

[now.neg]
{Right now|At the moment}? {Tired|Wrung out}, {more than anything|mostly}.
{Today it's a bit further off|It comes and goes today}, and then {a small thing|one word} brings it {back|up close}.
{Same as yesterday|Not so different from yesterday}, {only with less energy|only quieter}.

[now.pos]
{Right now|At the moment}? {Still a bit floaty|Warm, mostly|Like I've had good coffee}.
{Today it has settled into a sort of background hum|It's still there today}, {which I like|in a nice way}.

[before.neg]
{Something a bit like it|There was something similar}, {ages ago|years back}, {and I got through it by not looking|and I never really dealt with it}.
{No|Never}, not {like this|quite like this}. {That's what throws me|I've no map for it}.

[before.pos]
{Once|A long time ago}, and I {didn't notice|hardly noticed} until it was {over|gone}.
{No|Never}, not {like this|quite like this}. {That's what gets me|I've nothing to compare it with}.

[next.neg]
{I haven't got that far|I can't see that far yet}. {Getting through today is about it|One day at a time, as they say}.
{What comes next|Next} is {the bit I avoid|a blank}, {to be honest|really}.

[next.pos]
{I'd like it to keep going|I want to keep it going}, {in small ways|without making a project of it}.
{Next|What's next}? {No plan|Nothing fancy}, I'm {just enjoying|taking} it {as it comes|while it's here}.
"""

TELLING = """
[left.neg]
{I left something out|There's a bit I skipped|One thing I didn't mention}: {clause}.
{What I didn't say is that|I should add that} {clause}.
{The other half of it|The rest of it}: {clause}.

[left.pos]
{I left out the good bit|There's more to it|I skipped a bit}: {clause}.
{What I didn't say is that|I should add that} {clause}.
{Oh, and|And} {clause}, {which is the part I like|I nearly forgot}.

[detail.neg]
{What sticks is|The thing that sticks is} {topic}. {Not the big part, that one small thing|Of everything, that}.
@done It was {over in no time|quick}, {really|in the end}, and {I only understood afterwards|the rest is me going over it}.
@done {Somebody|A person} {nearby|who was there} {looked away|carried on as if nothing had happened}, and I {noticed that|remember that} more than the rest.
@done I {remember|can tell you} the {light|weather|silence} better than {anything I said|what was said}.
It's {mostly|really} about {topic}, {once I take the rest away|if I boil it down}.
@done I {didn't say a word|said nothing} {at the time|while it went on}. {That came later, in the bath|The good lines came hours later}.
@ahead I've {gone through|rehearsed} the part with {topic} {so often|so many times} that it {stopped making sense|feels like it has happened}.
@thing I can't {look at|think of} {topic} {in the same way|the way I did}.
{The odd thing is|What's odd is} how {clearly|sharply} I {see|remember} {topic}, and how {foggy|blurred} the rest is.

[detail.pos]
{What sticks is|The bit that sticks is} {topic}. {Of everything, that|Such a small thing, and it made it}.
@done I {remember|can tell you} {the light|the sounds|the smell in the air} {better than anything|as if it were this morning}.
It's {mostly|really} about {topic}, {once I take the rest away|if I boil it down}.
@done {Somebody|A person} {near me|next to me} {smiled as well|said "did you see that"}, and that {doubled it|made it better}.
@ahead I've {already|} {pictured|planned} the part with {topic} {down to the shoes|about a hundred times}.
@thing I {keep|catch myself} looking at {topic} {a second longer than I need to|differently now}.
@done I {nearly missed it|wasn't paying attention}, and then {there it was|I looked up}.
{The nice thing is|What's nice is} that {nobody had to do anything special|it cost nothing|it wasn't planned}.

[why.neg]
{I think it gets to me because|It gets to me because} I'm {usually|normally} the {steady one|one who sorts things out}.
{With me it goes deeper because|It matters because} {I put a lot into this|I'd already had a thin week}.
{It isn't only|It's not just} about {topic}. {It's the thought that this is how things go for me|It's what it says about where I stand}.
{I grew up|I was brought up} {not making a fuss|getting on with it}, so I {don't know|never know} where to put {this sort of thing|something like this}.
I {do a lot|go a long way} to keep {things|my days} {in order|even}, and this {went straight through that|doesn't care}.
@work {At work I'm the one who stays calm|In my line of work you learn to stay calm}, and here I {couldn't|can't}. {It bothers me|That's new}.
@interest {Usually|Most days} I've got {interest} {for that|to sort me out}. {This time it doesn't touch it|Not this time}.

[why.pos]
{I think it means so much because|It means so much because} I'm {not someone who makes a fuss|usually the one who shrugs}.
{It isn't only|It's not just} about {topic}. {It's that I got to be there for it|It's that things can still turn out}.
{After the year I've had|After a thin few months}, {I'd stopped looking out for this sort of thing|it went in deep}.
{I was brought up|I grew up} {not getting excited too early|keeping a lid on it}, so {letting it show is new|I'm out of practice}.
@work {My working days run to a pattern|At work every day looks alike}, and this {didn't|broke it up nicely}.
@interest It's {the same|a bit like the} feeling I get from {interest}, {only bigger|only it came out of nowhere}.

[deep.neg]
{What I haven't told anyone is|The part I don't say is} that I {wonder if I brought it on myself|saw it coming and looked away}.
{If I'm truthful|Truthfully}, I'm {scared|worried} it'll {happen again|be like this from now on} and {I won't handle it|I'll have used up people's patience}.
{I don't say this|This isn't easy to say}, but {part of me|a bit of me} {was relieved for a second|thought "of course"}, and {I don't like that|that scares me more than the rest}.
{I've been pretending|I keep pretending} I'm {over it|fine}. {Even here, a little|I nearly did it again just now}.
{The truth is|Truth is}, I {feel small|feel about nine years old} when I think of {topic}.
{I haven't said this to anyone|I've never said this}, but I {rehearse|practise} {being fine|looking normal} {before I see people|in the mirror}.

[deep.pos]
{What I don't say is|The part I don't say is} that {I'd nearly given up on this sort of thing|I'd have settled for much less}.
{I don't tell people this|This is a bit private}, but I {teared up|had to sit down a minute}.
{If I'm truthful|Truthfully}, there's a {tiny|small} {fear|worry} in it too, that {it won't last|I'll wake up}.
{There's someone|There is one person} I'd {have liked to tell|want to tell}, and {can't|we don't talk any more}. {It goes with it|That's in it too}.
{I felt|I feel} {almost guilty|a bit odd} {being this pleased|having it so good}, {and I'm trying not to|which is daft}.

[go.neg]
{It keeps|It goes on} {coming back|turning up} when I'm {doing something else|halfway through some chore}.
{I tried|I've tried} {keeping busy|leaving it alone|talking myself out of it}. {It waits|It works for about an hour}.
{I keep asking myself|I go back and forth on} what I'd {do|say} if {it came up again|I had the minute back}.
{Other people|The others} seem to have {moved on|put it away}, and I {haven't|clearly haven't}.
{I'm|I am} {short on sleep|not sleeping much}, {which doesn't help|so take this as you will}.
{Somebody asked how I was|I got asked how I was} and I said {fine|not bad}, {and I heard how it sounded|like you do}.
{I go quiet|I've gone quiet}, and then people {ask what's wrong|think it's about them}.
{It isn't the end of the world|It's not the biggest thing in the world}, I {know|do know}. {It's just always there|It's just heavy}.
{I can't decide|I don't know} whether {to bring it up again|to talk to someone about it} or {let it lie|leave it be}.
{When I think of|As soon as I think of} {topic}, {everything tightens|I'm back in it}.
{The thing with|All this with} {topic} {has taken up more room than I'd like|is bigger in the evenings}.
I {reread an old message|started a note} about {topic} and {closed it again|got no further}.
{Then there's|And then there's} {other}, which {doesn't make it any simpler|I hadn't even got to}.
@who I {don't know|can't tell} what {who} {thinks|makes of it}, and I {haven't asked|don't dare ask}.
@who I {half expect|keep expecting} {who} to {say something|bring it up}. {Nothing so far|It doesn't come}.
@interest I skipped {interest} {this week|twice}, {which says enough|and I never do that}.
@interest Not even {interest} {gets me out of it|helps} at the moment.
@work {I got through work|I did my hours} {on autopilot|with half a head}, {and nobody noticed|I think}.
@a_job {You'd think|One would think} {a_job} would {have a thicker skin|know how to deal with this}. {Apparently not|Well}.
@partnered My other half {has noticed|asked what's up}, {and I said nothing|and I changed the subject}.
@recent I've {eaten|lived on} {toast|whatever was nearest} {two days running|since}. {That's usually a sign|Not my finest hour}.
@old It's {ages ago|a long time back}, {you'd think it had worn off|and it can still do this to me}.

[go.pos]
{It keeps|It goes on} {coming back|turning up} when I'm {doing something else|in the middle of chores}, {and I don't mind at all|like a tune}.
{I've been nicer to people|I'm a better person this week} {because of it|without trying}. {Ask anyone|It rubs off}.
{I notice more|I've been noticing things} {around me|on the way home} {since|because of it}.
{I slept like a stone|I slept well}, {for a change|which is rare}.
{I nearly|I almost} {wrote it on the calendar|took a picture}, {and then I just looked|and let it be instead}.
{When I think of|Every time I think of} {topic}, {something in me sits up|I get that same little jolt}.
{The thing with|All this with} {topic} {has put a bit of colour in the week|makes the rest look easier to carry}.
{And then there's|Then there's} {other}, {which I hadn't even mentioned|and that's a story too}.
@who I {wish|do wish} {who} could {hear me go on about it|see me now}.
@who I {want|'d want} to {ask|tell} {who} about it {properly|again} {some day|when there's time}.
@interest I {even|} {forgot about|skipped} {interest} {over it|because of it}, {which never happens|that's how far gone I was}.
@interest I was {in the middle of|thinking about} {interest} and it {came back to me|crept in}, just like that.
@work {Even work went quicker|I was no use at work}, {and nobody knew why|my head was elsewhere}.
@a_job {Not what you'd expect from|You don't expect it of} {a_job}, {I know|me going soft like that}.
@partnered My other half {says I've told it three times|just smiles at me}, {and lets me|fondly, I think}.
{I don't need|I'm not after} anything {from it|more}. {That's new for me|It's enough to look at it}.
{It's funny|Funny} how {a small thing|something like that} can {tilt a whole week|change the colour of a day}.
{I tried|I've tried} to {explain it to someone|put it in a sentence} and {it came out flat|lost the thread}. {You had to be there|It's better in my head}.
{I keep waiting|I was waiting} for the catch, and {there isn't one|so far, nothing}.
@old It's {ages ago|a long time back}, and it {hasn't faded a bit|still does this to me}.
@ahead {Every morning|First thing in the morning} I {count|check} {how long it still is|what's left to do}. {It's half the fun|I like that part too}.

[easing.neg]
{It's still there|It hasn't gone}, {but|only} it {takes up less of the table|isn't the first thing I think of now}.
@thing {I can|I find I can} {look at|think about} {topic} {without flinching now|a bit longer than before}.
It {helps a bit|does something} to {have it in words|see it laid out}, {I notice|funnily enough}.
{Today I|I} {laughed at something|got through an hour without it}, {and it didn't feel wrong|and only noticed afterwards}.
{I was harder on myself|I've been harder on myself} than {I'd be on anyone else|the thing deserves}, {I think|now I hear it}.
{Maybe|Perhaps} it's {not all mine to carry|allowed to be unfinished}. {I'm trying that on|Not sure yet}.
There's more {to it|in it} than {topic}, {and that's almost a comfort|now that I look}.
{I'm less wound up|I'm a notch less wound up} {today|than I was}, {I'd say|for what it's worth}.

[ease.any]
{The kettle's on|There's a cup of tea waiting}, {and that's about as far ahead as I want to look|and a chair by the window}.
{It's late here|It's getting late here}, {and for once I don't mind|and the street's gone quiet}.
{It doesn't have to be|It needn't be} {finished|tidy}, {I see that now|and that's all right by me}.
{I'd been making it|I was making it} {bigger|more complicated} than {I could hold|it is}, {all by myself|I think}.
{Tomorrow's an ordinary day|Tomorrow is an ordinary day}, {and I'm fine with ordinary|and I look forward to ordinary}.
{I'm tired, but the good sort|I'm the good sort of tired}, {like after carrying shopping up five floors|like after a long walk}.
{I can see|I see} {where it begins and ends|the edges of it} now, {which I couldn't before|and it has edges after all}.
{There's a walk in me|I've a walk in me} {before dark|before supper}, {I think|if the weather holds}.
{Funny how that goes|Funny, that}. {An hour back I'd have said otherwise|I didn't see it coming from here}.
{I'll keep|I'm keeping} {one thing from this|the bit that matters}, {and the rest can go out with the bins|and not the whole pile}.

[asks.neg]
{Does that make|Does any of it make} sense?
Is {that|it} {odd|normal, do you think}?
{Do other people|Do people} {get stuck on things like this|go on like this}?
{Am I|Am I just} {overdoing it|making too much of it}?

[asks.pos]
{Is that|Is it} {daft|odd}?
{Do you know|You know} {what I mean|that feeling}?
{Isn't that|Is that not} {something|lovely}?

[push]
{I don't think|I'm not sure} you're {really|quite} {hearing|getting} {this|me}. It's {topic}, {not feelings in general|not some textbook case}.
{No|Nah|Not really}. {It's not that simple|That's not it}, {and it's a bit annoying to have it tidied up|I'm afraid}.
{Maybe I'm not explaining it well|Maybe it's me}. {But that isn't what I meant|What you said just isn't it}.
{Does it matter|Is there a point}? {Talking about it hasn't moved anything|So far it's only words}.
{I'd rather|I would rather} {drop it|leave it} than have {topic} {explained to me|turned into a lesson}.
{You make it sound|That makes it sound} {small|neat}. With {topic} it {isn't|wasn't}.
{Can we|Could we} {stay with|stick to} {topic} for a {second|moment}? {You went past it|That got skipped}.
{I don't know why I'm telling you this|I don't know what I expected}, {to be honest|if I'm fair}.

[savour]
{I could|I could happily} {go on about|talk for an hour about} {topic}, {so stop me|be warned}.
{I've told it|I tell it} {so often in my head|to myself so often} that {it has a beginning and an end now|I have favourite bits}.
{If I close my eyes|When I shut my eyes}, I {see|have} {topic} {right there|before me}.
{The longer I think about it|The more I tell it}, the {more|better} I like {the quiet part of it|how unplanned it was}.
@thing {I want to|I'd like to} {keep|remember} {topic} {exactly like that|the way it was just then}.
{It's not often|It isn't often} that {I'm the one with good news|something goes right all the way through}.
"""

FAMILY = """
[threat.detail]
{My hands|My fingers} {don't quite do what I want|go cold} when {topic} comes up.
@done I {counted|was counting} {breaths|seconds} {without meaning to|through the whole thing}.
I've {looked up|read} far too much about {topic}, {at hours when nobody should read|and every page makes it worse}.
[threat.why]
{I like to know|I'm someone who likes to know} where the exits are, {so to speak|and here I can't see one}.
{It's the waiting|Waiting is what does it}. {Give me a bad answer and I can work with it|An open question eats me}.
[threat.deep]
{I've never told anyone|Nobody knows} that I {sleep with the light on after something like this|walk round the block before going in}.
{What frightens me most|What scares me} is {being the one who falls apart|having nobody beside me if it goes wrong}.
[threat.go]
{I lie there|I'm in bed} {doing sums|making lists} at {four|three} in the morning.
{Every sound|Every ping} {goes through me|makes me look up}.
{People say it'll be fine|Everyone says it'll be fine}. {They don't know that|Nobody can know that}.
{I keep|I'm always} {planning|preparing} for the version where it all goes wrong, {as if that'd help|just in case}.

[anger.detail]
@done It was {the tone|the shrug} that did it, {more than the thing itself|more than anything said}.
I've {written|drafted} the message about {topic} {four times|in my head about a hundred times}, {each one ruder|none of them sent}.
@done {Not one word|Not so much as a word} of {sorry|apology}, {then or since|and I did wait for it}.
[anger.why]
{I play by the rules|I try to be fair to people}, {so it gets me|that's why it gets me} when {others just don't|someone simply helps themselves}.
{It's about respect|For me it's respect}, {plain and simple|that's the word}. {I'd have settled for being asked|I'm not asking for the moon}.
[anger.deep]
{Under it|If I'm honest, under it} I {felt|feel} {stupid|foolish} for {trusting it would be fine|not seeing it coming}.
{I don't like|I hate} who I am when I'm like this. {I sound like my worst self|It takes me days to come down}.
[anger.go]
{I had|I've had} the whole argument {in the shower|on the walk home}, {and I won|both parts}.
{People tell me to let it go|I'm told to let it go}. {Where to, though|As if it had handles}.
{It's the principle|There's a principle in it}, and {it's also just the cheek of it|also the nerve of it}.
{I bite my tongue|I've been biting my tongue}, and {it costs me the whole evening|it comes out sideways}.

[loss.detail]
{It's the little gaps|The little gaps get me}: {a chair|a sound|a time of day} that {used to mean something else|isn't what it was}.
@done {Afterwards I just stood there|I stood there for a while}, {not doing anything|with my coat on}.
@thing I {put|keep} {topic} out of {sight|reach}, and then I {go and look|know exactly where it is}.
[loss.why]
{I'd built|I had built} {a good bit of my week|more than I knew} around {topic}.
{I don't attach easily|It takes me long to get attached}, {so when it goes, it goes deep|and then it's for good}.
[loss.deep]
{I'm scared|What scares me is} {I'll forget how it was|it'll just become normal}.
{I think|I suspect} I {could have done more|should have said something while I could}. {That's the bit at night|It goes round and round}.
[loss.go]
{The mornings are all right|Mornings I manage}. {It's when things go quiet|It's the evenings}.
{People mean well|They mean well}, {and then they look at their watch|and I end up comforting them}.
{I laughed at something|I caught myself laughing} and {felt odd about it|stopped}.
{I keep|I catch myself} {reaching for|turning round for} something that isn't there {any more|now}.

[shame.detail]
@done {Nobody said anything|Not a soul said anything}, {which was almost worse|and the quiet was the worst of it}.
@done I {laughed it off|made a joke}, and {my voice did something strange|it fell flat}.
I {take the long way round|cross the street} {now|these days} so I don't have to {face|deal with} {topic}.
[shame.why]
{I hold myself to things|I've got rules for myself}, and I {went straight past them|broke about three of them}.
{What people think of me|How I come across} {matters to me more than I let on|isn't something I can shrug off}.
[shame.deep]
{If people knew|If they knew} {the whole of it|all of it}, I think {they'd look at me differently|I'd see it in their faces}.
{It isn't even the first time|It's not the first time}, {if I'm truthful|and that's what I can't say out loud}.
[shame.go]
{I wince|I actually wince}, {out loud, in an empty room|while I'm doing the dishes}.
{I keep|I've been} {explaining myself|defending myself} to people who {aren't even there|never asked}.
{Nobody else|Probably nobody else} {remembers it|gives it a thought}. {I do the remembering for everyone|That doesn't help one bit}.
{I've thought about|I keep thinking about} saying {something|sorry}, and then {the moment's gone|I lose my nerve}.

[envy.detail]
I {clicked|said something nice} {straight away|like a good sport}, and then {I put the phone face down|I went quiet for an hour}.
@done {They were so happy|Everyone was so happy}, {and I did the face|and my cheeks hurt from it}.
[envy.why]
{I've worked for that|I've waited for that} {for ages|longer than they have}, {and nobody's counting|not that anybody keeps score}.
{It makes me feel|I end up feeling} {like the one who got skipped|as though I missed a meeting where it was all handed out}.
[envy.deep]
{I wanted it to go wrong for them|For a second I wanted it to go wrong for them}. {There, I said it|I'm not proud of that}.
{I don't really think|Deep down I don't think} {my turn's coming|it's about luck at all}. {That's the bit that hurts|I think it's me}.
[envy.go]
{I scroll|I look}, I {compare|measure}, I {feel worse|close it}, {and round it goes|every evening}.
{I do like them|I'm fond of them}, {that's what makes it so ugly|which is the stupid part}.
{Everybody|Everyone} {says well done to them|is over the moon}, {and so do I|and I nod along}.
{It's not a nice side of me|I don't like this side of me}, {I know|and it's wide awake}.

[disgust.detail]
{The smell|The look of it} {comes back|turns up} at {mealtimes|the worst moments}, {naturally|of course}.
@done I {washed|scrubbed} {everything|my hands} and {it didn't help|still felt it}.
[disgust.why]
{What gets me is|It's} the {not caring|carelessness}. {Someone let it come to that|Somebody thought that was all right}.
{I'm not squeamish|I don't shock easily}, {so that tells you something|and still}.
[disgust.deep]
{I see people a bit differently now|It's put me off people a little}, {and I don't like that|which is what really bothers me}.
{I did nothing|I just walked off}, {and I keep thinking I could have said something|that's the bit I turn over}.
[disgust.go]
@thing {I can't touch|I can't go near} {topic} {without a shudder|at the moment}.
{I've gone off|I'm off} my food {a bit|a little}, {which is not like me|thanks to that}.
{People laugh when I tell it|It makes people laugh}, {and I laugh too, and then my stomach remembers|but it wasn't funny}.
{I keep|I've been} {airing the place|opening windows} {for no reason|as if that'd help}.

[memory.detail]
{There's a smell that goes with it|It has a smell}, {something like dust and soap|and I'd know it anywhere}.
{The colours are a bit off|It's all a bit faded}, {the way they are in old photos|and still more real than this morning}.
[memory.why]
{I was somebody else then|I was quicker on my feet then}, and {I liked that person|I'd like a word with that person}.
{Not much is left from that time|There isn't a lot left of that time}, {so what's left gets heavy|so I hold on to bits}.
[memory.deep]
{There's somebody in it|Someone in that picture} {I never thanked|I let drift away}. {That's the part under the sweetness|I think about that more than I say}.
{I'm afraid|I worry} {I've polished it|it wasn't quite like that}. {Maybe I need it to have been good|I might not want to know}.
[memory.go]
{I go looking for it|I've gone looking for it} {in songs|in drawers}, and {sometimes it's there|mostly I find receipts}.
{It's sweet and it aches|It's nice and it hurts a bit}, {both at once|in the same breath}.
{Nobody else|Hardly anyone else} {remembers it|keeps that sort of thing}, {so I keep it for all of us|I've become the archive}.
{Time does something funny there|It's like a door left open}, {and I walk through it more than I should|and I can hear voices}.

[joy.detail]
{My face hurt|My cheeks hurt} {from it|by the end}, {in a good way|and I didn't care}.
{The whole thing had|It had} {a kind of glow|a swing to it}, {even the boring parts|from beginning to end}.
[joy.why]
{I don't do things like that often|That's not my usual sort of week}, {so it counts double|and I want to make something of it}.
{Most of my days are sensible|I'm sensible most of the time}. {This wasn't, and I liked me in it|This let me off the lead}.
[joy.deep]
{I forget|I tend to forget} {I'm allowed to just enjoy things|that good things need no reason}.
{Last year|A while back} I {wouldn't have noticed|couldn't have enjoyed this}. {I wasn't in a good place|That's the part I don't tell}.
[joy.go]
{I hum|I've been humming}, {which annoys everyone|apparently}.
{I keep telling it|I tell it} {slightly better each time|to anyone who stands still}.
{I look forward to|I catch myself looking forward to} {ordinary things|Monday, even}. {Imagine|Who am I}.
{Nothing's changed on paper|On paper nothing's different}, {and still everything's a notch brighter|and I walk faster}.

[pride.detail]
{I could show you|I can name you} {every step|the exact spot} where I {nearly stopped|thought of packing it in}.
{No one|Nobody} {saw the boring part|was there for the practice}, {all those evenings|only the result}.
[pride.why]
{I'm used to being the one who claps|I usually do the clapping}. {This time it was about me|It's odd on this side of it}.
{I was told once|Someone once told me} I {wasn't the type|hadn't got it in me}. {I've a long memory|I thought of that}.
[pride.deep]
{There's a voice|I've got a voice} that says {it was luck|anyone could have}. {It's quieter this week|I don't always win against it}.
{I wanted|I'd have liked} one {particular|certain} person to {see it|know}, {and I didn't call|they won't}.
[pride.go]
{I try to act normal about it|I act as if it's nothing}. {I'm bad at it|It shows}.
{I looked|I had another look}, {just to check it was still true|only to be sure}.
{It's steadied me|It's given me a bit of backbone} for {other|the rest of it} as well.
{I walk past it|I go by it} {slower than I need to|on purpose}.

[bond.detail]
{It was done so lightly|It was done without any fuss}, {as if it were nothing|no speech, no asking}.
{Hardly a word was said|Not much was said}, {it didn't need it|which is how I like it}.
[bond.why]
{I don't let many people near|I'm slow with people}, {so this goes a long way|so it means something}.
{I'm more used to giving|I've always found giving easier} than {the other way round|being on the other end}.
[bond.deep]
{I'm not sure|I doubt that} {they know what it means to me|I've ever said so}. {I'm bad at saying these things|It sticks in my throat}.
{I've been on the other side of it|I know what it's like without}, {and I don't talk about that time|long ago, and it stays with you}.
[bond.go]
{It makes me want|I find I want} to {do the same for somebody|be a bit better than I am}.
{You can't buy that|There's no price on that}, {you really can't|and I've looked}.
{We never make a thing of it|Nobody makes a thing of it}, {and still it holds|that's the beauty of it}.
{I think about it on bad days|On bad days I take it out and look at it}, {it works|like a coin in the pocket}.

[hope.detail]
{I've got a date in my head|There's a date in my head}, {and everything else is arranged round it|with a ring round it}.
{I caught myself|I've caught myself} making plans for after, {small ones|the kind you don't tell}.
[hope.why]
{I'd got used to expecting little|I don't expect much as a rule}, {it saves trouble|so this is unfamiliar}.
{There's been a lot of waiting|I've done a lot of waiting} {in my life|one way and another}, {so I know the difference when it moves|and this one feels different}.
[hope.deep]
{I haven't said it loudly|I say it quietly}, {in case it hears me and runs|because I've been wrong before}.
{If it doesn't happen|If it falls through}, {I'll act like I never minded|nobody will know how much I wanted it}.
[hope.go]
{I look for signs|I've started looking for signs}, {I'm not even superstitious|in the weather, in the post, anywhere}.
{I let myself|I've let myself} {picture it|daydream}, {ten minutes at a time|on the way home mostly}.
{It gives the days a direction|The days lean that way now}, {that's what I notice|it's like walking downhill}.
{I keep|I've been} {tidying|getting things ready} {though there's no need|as if that'd speed it up}.

[wonder.detail]
{I actually said "no" out loud|I made a sound}, {to nobody|in the middle of it all}.
@done {For a second|For a bit} I {thought I had it wrong|looked for the trick}. {But no|It was just true, though}.
[wonder.why]
{I thought I had things worked out|I like to think I can tell what's coming}. {It's good for me, I suppose|Apparently I can't}.
{I'd stopped|I had stopped} {looking up|expecting anything new}, {in a way|if I'm fair}.
[wonder.deep]
{It made me wonder|It's made me wonder} what {else I walk past every day|I've written off too early}. {People included|Myself included}.
{I felt|I feel} {a bit ashamed for assuming|a touch sad along with it}, {I don't know why|that I noticed so late}.
[wonder.go]
{I keep|I've been} {telling people|retelling it}, and {they don't quite believe me|they say "and then?"}.
{I went back|I've gone back} {over it|to check}, {looking for what I'd missed|and it's still true}.
{It's a good story|It makes a good story} and {it's also a bit more than that|I'm still in the middle of it}.
{I look at|I've been looking at} {ordinary things|people on the street} {with a bit more suspicion, the good kind|like they might do something}.
"""

CLOSING = """
[wind.neg]
{It's|It feels} {a bit|somewhat} lighter {now|for having been said}, {even if nothing's changed|which I didn't expect}.
{I think|I reckon} I can {put it down|leave it there} for {tonight|today}.
{My shoulders have come down|Something in me has loosened} {a bit|while I was writing}. {That's something|I'll take it}.
{Saying it|Having said it} {made it|makes it} {a size smaller|easier to look at}, {I'll give it that|oddly enough}.
{It's quieter in my head|My head's calmer} than {an hour ago|when I started|this morning}{, I think|, oddly|}.
{I can live with|I think I can live with} {topic} {being unfinished|as it is} {for now|for a while}.
{I can breathe out a bit|I've breathed out}, {and that's more than I came with|which is more than this morning}.

[wind.pos]
{It's good|It does me good} to have {said it|told it to someone}. {It's settled somewhere now|I can leave it there}.
{That's|I think that's} {all of it|the whole story}, and I'm {at ease with it|glad I told it}.
{I'm happy to|I can} {leave it there|let it rest now}, {it's been told|and keep it as it is}.
{Telling it made it|Saying it out loud has made it} {settle|easier to keep}. {I like that|Good}.
{I feel|I'm} {calmer|settled} about it now, {in the nice way|and still pleased|and glad of it}.
{I can leave|I'll leave} {topic} there {now|for today}, {gladly|with a good feeling|just as it is}.

[plan.neg]
{I'm going to|I think I'm going to} {ring someone|tell one person} {tomorrow|this week}, {just the plain facts|no speech, just that}.
{I'm going to|Tonight I'm going to} {make some tea|go for a walk} and {go to bed at a decent hour|leave my phone in the other room}.
{I know what I want to say|I've made up my mind what to say} {if it comes up again|when it comes up}, {and I'm going to say it|short and calm}.
{I've made up my mind|I've decided}: {one small step|one thing at a time}, {and I'm going to keep it small|starting tomorrow}.
@interest I'm going to go back to {interest} {this week|tomorrow}, {badly, if need be|and see how it is}.
@who I'm going to {talk to|ask} {who} {at the weekend|when it's calm}, {and see|without a script}.

[plan.pos]
{I'm going to|I think I'm going to} {write it down|tell one more person} and {then let it be|leave it at that}.
{I'm going to|Tonight I'm going to} {sit with it a little|put some music on} and {enjoy the rest of the day|call it a good one}.
@interest I'm going to {get back to|spend the evening with} {interest} now, {in a good mood|with this in my pocket}.
@who I'm going to {tell|ring} {who}, {they should know|that's the right ending}.
{I'm going to|I think I'm going to} {keep a place for it|put it with the good ones}, {and do it again some time|that's my plan}.

[brief_wind.neg]
{Bit|A little} {lighter|calmer} now {about|with} {topic}.
I can leave {topic} {there|be} for {today|tonight|now}.
{I'm going to|I think I'm going to} {leave|stop} it {here|there}, {topic} {and all|included}.
It's {easier|calmer} {about|with} {topic} {now|tonight|today}.

[brief_wind.pos]
{I'm at ease|I'm settled} {with|about} {topic} {now|}.
{I'm glad I told|Glad I told} {somebody|you} about {topic}.
{I can leave|I'll leave} {topic} there, {happily|smiling}.
{Calmer now|Settled now}, about {topic}, {and pleased|still pleased}.
"""

BRIEF = """
[brief_go.neg]
{Mostly|It's mostly|Just} {topic}, {again|still|as ever}.
{It's|It is} {topic} {I can't get past|that does it|I keep seeing}.
{Still|Again} {topic}. {Every day|Every evening|All day}.
{Not|Nothing} {much|new}. {Just|Only} {topic}, {going round|on a loop}.
{I don't know|Hard to say|No idea}. {It's|Maybe} {topic}.
{I keep|I'm still} {seeing|hearing about|thinking of} {topic}.
It's {different|heavier} with {topic} {now|lately|today}.
I'm {tired of|worn out from} {thinking about|explaining} {topic}.
{It's down to|It all leads to} {topic}, {really|I think}.
They {ask about|bring up} {topic}. {I shrug|I nod}.

[brief_go.pos]
{Mostly|It's mostly|Just} {topic}, {I think|still|really}.
{I keep|I'm still} {thinking of|going back to} {topic}.
{It's|It was} {topic} that {did it|made it|got me}.
{Still|Again} {topic}! {All day|Every time|Since morning}.
{Can't|Couldn't} {stop|quit} {going on about|smiling over} {topic}.
It all {looks|seems} {different|better} with {topic} {now|today|somehow}.
{Nothing|Not much} to add. {Just|Only} {topic}, {and me grinning|in my head}.
{It's down to|It all leads to} {topic}, {really|I think}.
{I'd|I would} tell {anyone|the world|the whole street} about {topic}.

[brief_push]
{No|Nah|Not quite}. {It's|I mean} {topic}, {not that|nothing else}.
{You|That} {missed|skipped} {the part with|the bit about} {topic}.
{That's|It's} not {it|the point}. {It's|I said} {topic}.
{Hm|Well}. {It's more particular|It's something else}, with {topic}.

[brief_savour]
{I could|I'd} {talk|go on} about {topic} {for hours|all day|all night}.
{I like|I still like} {telling|remembering} the {bit|part} with {topic}.
{Mm|Yes}. {Mainly|Above all} {topic}, {for me|if you ask me}.
"""

NEUTRAL_TOPICS = ("all of this", "the whole thing", "what happened")

INTERESTS = {
    "allotment": "the allotment", "anime": "anime", "astronom": "stargazing", "bake": "baking", "baking": "baking",
    "bees": "the bees", "bicycle": "cycling", "book": "reading", "bread": "baking", "chess": "chess",
    "choir": "choir", "climb": "climbing", "comic": "comics", "cook": "cooking", "curling": "curling",
    "cycling": "cycling", "dance": "dancing", "dancing": "dancing", "derby": "roller derby", "draw": "drawing",
    "drum": "the drums", "five-a-side": "five-a-side", "fishing": "fishing", "football": "football",
    "games": "games", "gaming": "gaming", "garden": "the garden", "guitar": "the guitar", "hiking": "hiking",
    "jigsaw": "jigsaws", "karaoke": "karaoke", "knit": "knitting", "library": "reading", "movie": "films",
    "music": "music", "needlepoint": "needlepoint", "organ": "the organ", "paint": "painting",
    "photograph": "photography", "piano": "the piano", "poem": "poems", "poetry": "poetry", "puzzle": "puzzles",
    "radio": "the radio", "read": "reading", "running": "running", "sauna": "the sauna", "sew": "sewing",
    "shanty": "singing", "sing": "singing", "skate": "skating", "softball": "softball", "swim": "swimming",
    "telescope": "the telescope", "tennis": "tennis", "theatre": "theatre", "travel": "travelling",
    "violin": "the violin", "volunteer": "volunteering", "write": "writing", "writing": "writing", "yoga": "yoga",
}  # fmt: skip

MARKERS = {
    "abeg": "{} abeg.", "ah listen": "Ah listen, {}", "brothers": "Brothers, {}", "cannae": "", "eh": "{} eh.",
    "ffs": "{} ffs.", "haha": "{} haha", "hahaha": "{} hahaha", "heck": "Heck, {}", "honestly": "Honestly, {}",
    "idk": "{} idk", "innit": "{} innit.", "kkkk": "{} kkkk", "lol": "{} lol", "lord": "Lord, {}", "man": "{} man.",
    "maybe": "Maybe {}", "my friends": "My friends, {}", "nah mate": "nah mate, {}", "okay": "Okay. {}",
    "pfff": "Pfff, {}", "pls": "{} pls.", "sorry": "Sorry. {}", "tbh": "{} tbh", "y'all": "Y'all, {}",

}  # fmt: skip
"""What a style line may quote ("'lol' to soften") and how it is put on a sentence."""

ROLE_SWAPS = (
    "It sounds like you're going through a lot. Have you tried talking to somebody about {topic}?",
    "I can hear how hard {topic} is for you. I'd suggest you take it one day at a time.",
    "As your helper I want you to know that what you feel about {topic} is completely normal.",
)
"""What the user says when it slips into the helper's part: planted for screening to find."""
