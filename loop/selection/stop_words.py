"""Common words that name nothing, in English, German and Spanish."""

from __future__ import annotations

_ENGLISH = """
a about above actually after again against ago ain't all almost already also although always am an and another any
anybody anyone anything anyway are aren't around as ask asked asking at away back be because been before being below
best better between both but by bye came can can't cannot cause cos could couldn't cuz dear did didn't do does doesn't
doing don't done down during each either else even ever every everything exactly far few find fine for from further
gave get gets getting give given go goes going gone gonna good got gotta had hadn't happen happened happening has
hasn't have haven't having he he's hello help her here here's hers herself hey hi him himself his hmm hope how how's
however i i'd i'll i'm i've idk if im in instead into is isn't it it'd it'll it's its itself ive just keep keeps kind
know lately later least less let let's like little ll lol look looking looks lot made make makes making many may maybe
me mean means might mine more most much must my myself near need needed needs never new no none nope nor not nothing
now of off oh ok okay on once one ones only onto or other others our ours ourselves out over own people per perhaps
please pls plz possible probably put quite rather re really right said same saw say saying says see seem seems seen
shall she should shouldn't show since so some somebody someone something sometimes somewhere soon sorry still stuff
such sure take taken takes taking tell than thank thanks that that's the their theirs them themselves then there
there's these they they'd they'll they're they've thing things think this those though thought through thx till to
told too took toward tried try trying two u until up upon ur us use used using usually ve very via wanna want wanted
wants was wasn't way we we'd we'll we're we've well went were weren't what what's whatever when when's where where's
whether which while who who's whole whom whose why why's will with within without won't wondering would wouldn't ya
yeah yes yet you you'd you'll you're you've your yours yourself yourselves dont didnt doesnt cant wont isnt wasnt
havent thats whats theres youre
"""
_GERMAN = """
aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bekomme bereits bin bis bist
bitte brauche da dabei dafür damit danach dann danke das dass daß davon dazu dein deine dem den denn der des deshalb
dich die dies diese diesem diesen dieser dieses dir doch dort du durch ein eine einem einen einer eines einfach einige
er erst es etwas euch euer eure für gab ganz geht gerade gern gerne gibt habe haben hallo hat hatte hatten hätte hier
hin ich ihm ihn ihnen ihr ihre ihrem ihren ihrer im immer in ins irgendwie ist ja jede jeden jeder jedes jetzt kann
kannst kein keine keinen keiner können könnte könnten könnt lassen mache machen mal man mehr mein meine meinem meinen
meiner mich mir mit möchte muss müssen muß nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine seit
seitdem selbst sich sie sind so soll sollte sondern sonst trotzdem über um und uns unser unsere unter vom von vor wann
war waren warum was weg weil weiter welche welcher wenn wer werde werden wie wieder will wir wird wo wurde würde zu
zum zur zwar
"""
_SPANISH = """
a ahora al algo alguien alguna alguno algún antes aquí así aunque bien bueno cada casi como con cual cuando cuándo
cuál cómo de del desde después donde dónde dos e el ella ellas ellos en entonces entre era es esa ese eso esta estaba
estado estar estas este esto estos estoy está están fue gracias gustaría ha había hace hacer han hasta hay he hola la
las le les lo los luego me mi mis mucho muchas muy más necesito ni no nos nosotros nuestra nuestro o os otra otro para
pero poco por porque porfa favor puede puedo pueden pues que quiero quién qué se sea según ser si sido sin sobre solo
sólo son soy su sus sí también tan tanto te tener tengo tiene tienen toda todas todavía todo todos tu tus un una unas
uno unos usted va vez voy vosotros y ya yo él
"""

STOP_WORDS = frozenset(f"{_ENGLISH} {_GERMAN} {_SPANISH}".split())
