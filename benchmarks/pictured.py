"""The invented articles of the README's pictures: a county, its new bridge, and what is written about both."""

from __future__ import annotations

from articleqa import Article

ARTICLES = (
    Article(
        title="Ferry to keep running for a year after the bridge opens",
        source="Harbour Post",
        author="Jonas Wik",
        published="2026-03-04",
        url="https://harbourpost.example/ferry",
        text="""The ferry between Aldmark and Sund will keep its timetable for twelve months after the new bridge \
opens, the county has decided.

Around 900 people take the boat on a working day. Most of them come on foot or by bicycle, and the bridge's footpath \
will not be ready before the spring of next year.

“Nobody should be stranded because a lane is late,” said Marta Lund, who heads the county's transport office.

The two boats, both built in 1988, are to be sold afterwards. A museum in Sund has asked for the older one.""",
    ),
    Article(
        title="New bridge over the Alde opens on 14 September",
        source="Aldmark Courier",
        author="Ingrid Thomsen",
        published="2026-06-18",
        url="https://courier.example/bridge-opening",
        text="""After six years of work, the new bridge between Aldmark and Sund has a date. It opens to traffic on \
14 September, the county said on Thursday.

The opening had been put off twice: first because the riverbed turned out to be softer than the surveys had said, then \
because a shipment of steel from the yard in Korsby was found to be faulty and had to be made again.

“We would rather open late than close early,” said county engineer Peder Holm, who has led the project since 2021.

The bridge is 1,140 metres long and carries two lanes in each direction. Cars will pay 30 crowns; buses, ambulances \
and people on foot pay nothing. The toll is to be lifted once the loan has been paid back, which the county expects \
in 2041.

The bridge cost 2.3 billion crowns, 400 million more than planned. The state pays half of it, the county and the two \
towns pay the rest.

A public walk across the empty bridge is planned for the weekend before the opening. Those who want to come have to \
register with the town hall, as no more than 8,000 people may be on the bridge at a time.""",
    ),
    Article(
        title="What the bridge will mean for Sund",
        source="Harbour Post",
        author="Jonas Wik",
        published="2026-07-09",
        url="https://harbourpost.example/sund",
        text="""House prices in Sund have risen by a fifth since the county named the day of the bridge's opening, \
according to the estate agents of the town.

From 14 September the way to Aldmark will take nine minutes by car. Today it takes fifty, ferry included.

The school expects forty more pupils within two years. “We have the rooms, we do not have the teachers,” says its \
head, Lise Amdal.""",
    ),
    Article(
        title="Town hall counts the swans again",
        source="Aldmark Courier",
        author="Ingrid Thomsen",
        published="2026-01-12",
        url="https://courier.example/swans",
        text="""The town hall has counted the swans on the Alde for the forty-first time. There are 212 of them, 19 \
more than a year ago.

Eleven volunteers stood on the banks at seven in the morning. “The difficult part is that they move,” said Hanne Moe, \
who has organised the count since 1998.""",
    ),
    Article(
        title="School in Sund gets its own bakery",
        source="Harbour Post",
        author="Siri Dahl",
        published="2026-05-22",
        url="https://harbourpost.example/bakery",
        text="""The school in Sund has opened a bakery of its own. Pupils of the eighth class bake on Tuesdays and \
Fridays, and sell what they bake in the long break.

The oven cost 64,000 crowns and was paid for by the fishermen's association. Bread costs 20 crowns, a bun costs 5.""",
    ),
    Article(
        title="Minutes of the county council, 11 June",
        source="County of Alde",
        published="2026-06-11",
        text="""The council met in Aldmark. Present: 31 of 35 members.

The toll for the bridge was set at 30 crowns for a car and at 90 crowns for a lorry. 22 members voted for it, 9 \
against.

The motion to keep the ferry for two years instead of one was rejected. It had been brought by the members for Sund.""",
    ),
    Article(
        title="الجسر الجديد يفتح في أيلول",
        source="صوت الميناء",
        published="2026-06-20",
        language="ar",
        text="""يفتح الجسر الجديد بين ألدمارك وسوند أمام السيارات في الرابع عشر من أيلول.

بلغت كلفة الجسر ملياري كرون وثلاثمئة مليون، ويدفع سائق السيارة ثلاثين كرونا في كل عبور.""",
    ),
    Article(
        title="新桥将于九月十四日通车",
        source="港口新闻",
        published="2026-06-21",
        language="zh",
        text="""连接奥尔德马克与松德的新桥将于九月十四日通车。

大桥全长一千一百四十米，双向四车道。小汽车过桥费为三十克朗，行人免费。""",
    ),
)
