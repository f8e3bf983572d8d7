"""Phrases and the days they mean, on Friday 20 November 2026 unless a table says otherwise."""

import re
import time
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.base import Period
from handlers.period_words import MONTHS, known
from handlers.periods import Ambiguous, Found, Impossible, Result, Why, parse, unit_at
from handlers.text import LANGUAGES, Say
from nlu.letters import FROM_RUSSIAN

TODAY = date(2026, 11, 20)

RUSSIAN = """
за март                                       2026-03-01 2026-03-31
В МАРТЕ                                       2026-03-01 2026-03-31
мае                                           2026-05-01 2026-05-31
платежи за май                                2026-05-01 2026-05-31
за авг                                        2026-08-01 2026-08-31
история платежей за декабрь                   2025-12-01 2025-12-31
за ноябрь                                     2026-11-01 2026-11-20
за октябрь 2025                               2025-10-01 2025-10-31
за октябрь 2025 года                          2025-10-01 2025-10-31
за окт. 2025 г.                               2025-10-01 2025-10-31
за октябрь 25 года                            2025-10-01 2025-10-31
в октябре прошлого года                       2025-10-01 2025-10-31
в октябре позапрошлого года                   2024-10-01 2024-10-31
в марте этого года                            2026-03-01 2026-03-31
в марте месяце                                2026-03-01 2026-03-31
а за прошлый март?                            2026-03-01 2026-03-31
с 1 по 15 октября                             2026-10-01 2026-10-15
с первого по пятнадцатое октября              2026-10-01 2026-10-15
с 1-го по 15-е октября                        2026-10-01 2026-10-15
1-15 октября                                  2026-10-01 2026-10-15
1–15 октября 2025                             2025-10-01 2025-10-15
1 — 15 октября                                2026-10-01 2026-10-15
с 25 октября по 5 ноября                      2026-10-25 2026-11-05
с 25 декабря по 5 января                      2025-12-25 2026-01-05
с 5 марта по 10                               2026-03-05 2026-03-10
между 1 и 15 октября                          2026-10-01 2026-10-15
01.10-15.10                                   2026-10-01 2026-10-15
01.10 - 15.10                                 2026-10-01 2026-10-15
с 01.10 по 15.10                              2026-10-01 2026-10-15
с 01.10.2025 по 15.10.2025                    2025-10-01 2025-10-15
01.10.25-15.10.25                             2025-10-01 2025-10-15
с 01 10 2025 по 15 10 2025                    2025-10-01 2025-10-15
2026-10-01                                    2026-10-01 2026-10-01
2026-10-01 — 2026-10-15                       2026-10-01 2026-10-15
03.2026                                       2026-03-01 2026-03-31
с 01.2026 по 03.2026                          2026-01-01 2026-03-31
с января по март                              2026-01-01 2026-03-31
январь-март                                   2026-01-01 2026-03-31
с января по март 2025                         2025-01-01 2025-03-31
с ноября по февраль                           2026-11-01 2026-11-20
с декабря по февраль                          2025-12-01 2026-02-28
с ноября 2024 по февраль 2025                 2024-11-01 2025-02-28
с ноября по февраль 2025                      2024-11-01 2025-02-28
за март и апрель                              2026-03-01 2026-04-30
за апрель и март                              2026-03-01 2026-04-30
за январь, февраль и март                     2026-01-01 2026-03-31
декабрь и январь                              2025-12-01 2026-01-31
март и апрель 2025                            2025-03-01 2025-04-30
вчера и сегодня                               2026-11-19 2026-11-20
за последние 3 месяца                         2026-08-21 2026-11-20
за последние три месяца                       2026-08-21 2026-11-20
за последних 5 дней                           2026-11-16 2026-11-20
последние двадцать пять дней                  2026-10-27 2026-11-20
за 3 последних месяца                         2026-08-21 2026-11-20
за последние пару недель                      2026-11-07 2026-11-20
за последний месяц                            2026-10-21 2026-11-20
за последнюю неделю                           2026-11-14 2026-11-20
за последний год                              2025-11-21 2026-11-20
за последние полгода                          2026-05-21 2026-11-20
за полгода                                    2026-05-21 2026-11-20
полгода                                       2026-05-21 2026-11-20
за полтора года                               2025-05-21 2026-11-20
за неделю                                     2026-11-14 2026-11-20
за месяц                                      2026-10-21 2026-11-20
за год                                        2025-11-21 2026-11-20
за 2 недели                                   2026-11-07 2026-11-20
за 2 года                                     2024-11-21 2026-11-20
3 мес                                         2026-08-21 2026-11-20
3мес                                          2026-08-21 2026-11-20
за 10 дн.                                     2026-11-11 2026-11-20
за квартал                                    2026-08-21 2026-11-20
за прошедшие 30 дней                          2026-10-22 2026-11-20
за прошлый месяц                              2026-10-01 2026-10-31
а за прошлый месяц?                           2026-10-01 2026-10-31
за предыдущий месяц                           2026-10-01 2026-10-31
на прошлой неделе                             2026-11-09 2026-11-15
на позапрошлой неделе                         2026-11-02 2026-11-08
за позапрошлый месяц                          2026-09-01 2026-09-30
в прошлом квартале                            2026-07-01 2026-09-30
за прошлый год                                2025-01-01 2025-12-31
за прошлое полугодие                          2026-01-01 2026-06-30
в этом месяце                                 2026-11-01 2026-11-20
за текущий месяц                              2026-11-01 2026-11-20
на этой неделе                                2026-11-16 2026-11-20
в этом году                                   2026-01-01 2026-11-20
в этом квартале                               2026-10-01 2026-11-20
сегодня                                       2026-11-20 2026-11-20
за вчера                                      2026-11-19 2026-11-19
за вчерашний день                             2026-11-19 2026-11-19
позавчера                                     2026-11-18 2026-11-18
в среду                                       2026-11-18 2026-11-18
в пятницу                                     2026-11-20 2026-11-20
в субботу                                     2026-11-14 2026-11-14
в прошлую пятницу                             2026-11-13 2026-11-13
с понедельника                                2026-11-16 2026-11-20
с понедельника по среду                       2026-11-16 2026-11-18
5 марта                                       2026-03-05 2026-03-05
пятого марта                                  2026-03-05 2026-03-05
двадцать пятого декабря                       2025-12-25 2025-12-25
5 марта 2025                                  2025-03-05 2025-03-05
5 марта прошлого года                         2025-03-05 2025-03-05
05.03                                         2026-03-05 2026-03-05
05.03.2025                                    2025-03-05 2025-03-05
25.12                                         2025-12-25 2025-12-25
15 числа                                      2026-11-15 2026-11-15
25-го числа                                   2026-10-25 2026-10-25
5 числа прошлого месяца                       2026-10-05 2026-10-05
с 5 по 20 число прошлого месяца               2026-10-05 2026-10-20
с 1 по 15 число                               2026-11-01 2026-11-15
29 февраля                                    2024-02-29 2024-02-29
за 1 квартал                                  2026-01-01 2026-03-31
за первый квартал                             2026-01-01 2026-03-31
за II квартал 2025 года                       2025-04-01 2025-06-30
4 квартал                                     2026-10-01 2026-11-20
за первое полугодие                           2026-01-01 2026-06-30
за первое полугодие 2025 года                 2025-01-01 2025-06-30
летом                                         2026-06-01 2026-08-31
за лето                                       2026-06-01 2026-08-31
прошлым летом                                 2026-06-01 2026-08-31
летом 2025 года                               2025-06-01 2025-08-31
летом прошлого года                           2025-06-01 2025-08-31
зимой                                         2025-12-01 2026-02-28
осенью                                        2026-09-01 2026-11-20
весной                                        2026-03-01 2026-05-31
за 2025 год                                   2025-01-01 2025-12-31
за 2025                                       2025-01-01 2025-12-31
платежи 2025                                  2025-01-01 2025-12-31
за 25 год                                     2025-01-01 2025-12-31
с начала года                                 2026-01-01 2026-11-20
с начала этого года                           2026-01-01 2026-11-20
с начала месяца                               2026-11-01 2026-11-20
с начала прошлого месяца                      2026-10-01 2026-11-20
с нового года                                 2026-01-01 2026-11-20
с марта                                       2026-03-01 2026-11-20
с 5 марта                                     2026-03-05 2026-11-20
с 2025 года                                   2025-01-01 2026-11-20
начиная с августа                             2026-08-01 2026-11-20
с прошлого месяца                             2026-10-01 2026-11-20
со вчерашнего дня                             2026-11-19 2026-11-20
с декабря                                     2025-12-01 2026-11-20
с марта по сегодняшний день                   2026-03-01 2026-11-20
с начала года по март                         2026-01-01 2026-03-31
за всё время                                  2000-01-01 2026-11-20
3 дня назад                                   2026-11-17 2026-11-17
за окрябрь                                    2026-10-01 2026-10-31
за сентбрь                                    2026-09-01 2026-09-30
за прошлй месяц                               2026-10-01 2026-10-31
за последнии 3 месяца                         2026-08-21 2026-11-20
покажи платежи по счёту 123456789012 за март  2026-03-01 2026-03-31
я заплатил 1 500 рублей в марте               2026-03-01 2026-03-31
платил 500р 5 марта                           2026-03-05 2026-03-05
3 и 4 октября                                 2026-10-03 2026-10-04
за последние 30 календарных дней              2026-10-22 2026-11-20
за 3 кв 2025                                  2025-07-01 2025-09-30
за полгода до сегодня                         2026-05-21 2026-11-20
от 1 до 15 октября                            2026-10-01 2026-10-15
за 2024 и 2025 годы                           2024-01-01 2025-12-31
в мае-июне                                    2026-05-01 2026-06-30
10 ноября 2025 в 15:30                        2025-11-10 2025-11-10
за третий квартал прошлого года               2025-07-01 2025-09-30
с мая по настоящее время                      2026-05-01 2026-11-20
за весь март                                  2026-03-01 2026-03-31
за всю прошлую неделю                         2026-11-09 2026-11-15
«5 марта»                                     2026-03-05 2026-03-05
с прошлой недели                              2026-11-09 2026-11-20
на этой недели                                2026-11-16 2026-11-20
мартовские начисления                         2026-03-01 2026-03-31
летний счёт                                   2026-06-01 2026-08-31
прошлогодние платежи                          2025-01-01 2025-12-31
зима 2024-2025                                2024-12-01 2025-02-28
зимой 24/25                                   2024-12-01 2025-02-28
за 2024/25                                    2024-01-01 2025-12-31
за этот и прошлый месяц                       2026-10-01 2026-11-20
прошлый месяц и этот                          2026-10-01 2026-11-20
в выходные                                    2026-11-14 2026-11-15
первая половина октября                       2026-10-01 2026-10-15
вторая половина прошлого месяца               2026-10-16 2026-10-31
последний день октября                        2026-10-31 2026-10-31
с начала марта по конец мая                   2026-03-01 2026-05-31
за 1,5 года                                   2025-05-21 2026-11-20
за 24-й год                                   2024-01-01 2024-12-31
с 2023-го по 2024-й                           2023-01-01 2024-12-31
янв фев март                                  2026-01-01 2026-03-31
последние сорок пять дней                     2026-10-07 2026-11-20
в пятницу, 9 октября                          2026-10-09 2026-10-09
в понедельник на прошлой неделе               2026-11-09 2026-11-09
2025 начисления                               2025-01-01 2025-12-31
за 9 месяцев 2025                             2025-01-01 2025-09-30
за 10, 11 и 12 октября                        2026-10-10 2026-10-12
15-го платил                                  2026-11-15 2026-11-15
сиводня                                       2026-11-20 2026-11-20
за мсяц                                       2026-10-21 2026-11-20
панидельник                                   2026-11-16 2026-11-16
c 1 по 15 мая                                 2026-05-01 2026-05-15
за мaрт                                       2026-03-01 2026-03-31
dxthf                                         2026-11-19 2026-11-19
pf jrnz,hm                                    2026-10-01 2026-10-31
c 1 gj 15 vfz                                 2026-05-01 2026-05-15
c 01.10 gj 15.10                              2026-10-01 2026-10-15
za mart                                       2026-03-01 2026-03-31
s 1 po 15 maya                                2026-05-01 2026-05-15
s 01.10 po 15.10                              2026-10-01 2026-10-15
za proshlyi mesyats                           2026-10-01 2026-10-31
za vse vremya                                 2000-01-01 2026-11-20
ул. 8 Марта, дом 10/2, кв. 7, счёт за октябрь 2026-10-01 2026-10-31
дом 3 квартира 45, счёт за 2 квартал          2026-04-01 2026-06-30
"""

ENGLISH = """
for March                                     2026-03-01 2026-03-31
in march                                      2026-03-01 2026-03-31
payments in May                               2026-05-01 2026-05-31
for December                                  2025-12-01 2025-12-31
October 2025                                  2025-10-01 2025-10-31
in October last year                          2025-10-01 2025-10-31
last year's March                             2025-03-01 2025-03-31
from 1 to 15 October                          2026-10-01 2026-10-15
October 1-15                                  2026-10-01 2026-10-15
Oct 1 - Oct 15                                2026-10-01 2026-10-15
from October 1st to October 15th              2026-10-01 2026-10-15
1st to 15th of October                        2026-10-01 2026-10-15
between 1 and 15 October 2025                 2025-10-01 2025-10-15
between March and May                         2026-03-01 2026-05-31
from January to March                         2026-01-01 2026-03-31
from December to February                     2025-12-01 2026-02-28
March 5                                       2026-03-05 2026-03-05
March 5, 2025                                 2025-03-05 2025-03-05
the 5th of March                              2026-03-05 2026-03-05
twenty-fifth of December                      2025-12-25 2025-12-25
March and April                               2026-03-01 2026-04-30
last 3 months                                 2026-08-21 2026-11-20
in the last three weeks                       2026-10-31 2026-11-20
for the past 5 days                           2026-11-16 2026-11-20
the last couple of weeks                      2026-11-07 2026-11-20
past month                                    2026-10-21 2026-11-20
last month                                    2026-10-01 2026-10-31
last week                                     2026-11-09 2026-11-15
last year                                     2025-01-01 2025-12-31
last quarter                                  2026-07-01 2026-09-30
the week before last                          2026-11-02 2026-11-08
previous month                                2026-10-01 2026-10-31
this month                                    2026-11-01 2026-11-20
this year                                     2026-01-01 2026-11-20
year to date                                  2026-01-01 2026-11-20
today                                         2026-11-20 2026-11-20
yesterday                                     2026-11-19 2026-11-19
the day before yesterday                      2026-11-18 2026-11-18
on Wednesday                                  2026-11-18 2026-11-18
last Friday                                   2026-11-13 2026-11-13
since March                                   2026-03-01 2026-11-20
from March on                                 2026-03-01 2026-11-20
since New Year                                2026-01-01 2026-11-20
since the beginning of the year               2026-01-01 2026-11-20
since last week                               2026-11-09 2026-11-20
Q1                                            2026-01-01 2026-03-31
Q3 2025                                       2025-07-01 2025-09-30
second quarter                                2026-04-01 2026-06-30
first half of 2025                            2025-01-01 2025-06-30
first half of the year                        2026-01-01 2026-06-30
for half a year                               2026-05-21 2026-11-20
for a week                                    2026-11-14 2026-11-20
for 2 weeks                                   2026-11-07 2026-11-20
summer                                        2026-06-01 2026-08-31
last summer                                   2026-06-01 2026-08-31
summer 2025                                   2025-06-01 2025-08-31
in 2025                                       2025-01-01 2025-12-31
25/12                                         2025-12-25 2025-12-25
12/25/2025                                    2025-12-25 2025-12-25
3 days ago                                    2026-11-17 2026-11-17
all time                                      2000-01-01 2026-11-20
for Septmber                                  2026-09-01 2026-09-30
Feb 5th, 2026                                 2026-02-05 2026-02-05
month to date                                 2026-11-01 2026-11-20
Jan through Mar 2026                          2026-01-01 2026-03-31
15th of last month                            2026-10-15 2026-10-15
I paid 300 rubles in March                    2026-03-01 2026-03-31
may charges                                   2026-05-01 2026-05-31
lst week                                      2026-11-09 2026-11-15
this wek                                      2026-11-16 2026-11-20
on wensday                                    2026-11-18 2026-11-18
Dec '24                                       2024-12-01 2024-12-31
5-Oct-2025                                    2025-10-05 2025-10-05
H1 2025                                       2025-01-01 2025-06-30
first half of October                         2026-10-01 2026-10-15
last day of October                           2026-10-31 2026-10-31
winter 2024/25                                2024-12-01 2025-02-28
last weekend                                  2026-11-14 2026-11-15
a couple of days ago                          2026-11-18 2026-11-18
form March to May                             2026-03-01 2026-05-31
sinse January                                 2026-01-01 2026-11-20
October onwards                               2026-10-01 2026-11-20
October the 5th                               2026-10-05 2026-10-05
this half-year                                2026-07-01 2026-11-20
prev month                                    2026-10-01 2026-10-31
ytd                                           2026-01-01 2026-11-20
mon-wed                                       2026-11-16 2026-11-18
show me 2025                                  2025-01-01 2025-12-31
дфые ьщтер                                    2026-10-01 2026-10-31
"""

PORTUGUESE = """
em março                                      2026-03-01 2026-03-31
março                                         2026-03-01 2026-03-31
marco                                         2026-03-01 2026-03-31
pagamentos de maio                            2026-05-01 2026-05-31
em dezembro                                   2025-12-01 2025-12-31
em dez                                        2025-12-01 2025-12-31
em set                                        2026-09-01 2026-09-30
outubro de 2025                               2025-10-01 2025-10-31
em outubro do ano passado                     2025-10-01 2025-10-31
março passado                                 2026-03-01 2026-03-31
de 1 a 15 de outubro                          2026-10-01 2026-10-15
1 a 15 de outubro de 2025                     2025-10-01 2025-10-15
do dia 1 ao dia 15 de outubro                 2026-10-01 2026-10-15
entre 1 e 15 de outubro                       2026-10-01 2026-10-15
de 01/10 a 15/10                              2026-10-01 2026-10-15
de 01/10/2025 até 15/10/2025                  2025-10-01 2025-10-15
03/04                                         2026-04-03 2026-04-03
de janeiro a março                            2026-01-01 2026-03-31
de dezembro até fevereiro                     2025-12-01 2026-02-28
março e abril                                 2026-03-01 2026-04-30
1º de março                                   2026-03-01 2026-03-01
primeiro de março                             2026-03-01 2026-03-01
vinte e cinco de dezembro                     2025-12-25 2025-12-25
dia 5                                         2026-11-05 2026-11-05
dia 5 do mês passado                          2026-10-05 2026-10-05
últimos 3 meses                               2026-08-21 2026-11-20
nos últimos três meses                        2026-08-21 2026-11-20
os últimos 30 dias                            2026-10-22 2026-11-20
último mês                                    2026-10-21 2026-11-20
mês passado                                   2026-10-01 2026-10-31
no mês passado                                2026-10-01 2026-10-31
mês retrasado                                 2026-09-01 2026-09-30
semana passada                                2026-11-09 2026-11-15
ano passado                                   2025-01-01 2025-12-31
trimestre passado                             2026-07-01 2026-09-30
este mês                                      2026-11-01 2026-11-20
neste ano                                     2026-01-01 2026-11-20
mês atual                                     2026-11-01 2026-11-20
hoje                                          2026-11-20 2026-11-20
ontem                                         2026-11-19 2026-11-19
anteontem                                     2026-11-18 2026-11-18
na quarta-feira                               2026-11-18 2026-11-18
na segunda                                    2026-11-16 2026-11-16
sexta-feira passada                           2026-11-13 2026-11-13
desde março                                   2026-03-01 2026-11-20
a partir de março                             2026-03-01 2026-11-20
desde o início do ano                         2026-01-01 2026-11-20
desde o ano novo                              2026-01-01 2026-11-20
primeiro trimestre                            2026-01-01 2026-03-31
1º trimestre de 2025                          2025-01-01 2025-03-31
primeiro semestre                             2026-01-01 2026-06-30
por uma semana                                2026-11-14 2026-11-20
no verão                                      2026-06-01 2026-08-31
em 2025                                       2025-01-01 2025-12-31
ano de 2025                                   2025-01-01 2025-12-31
há 3 dias                                     2026-11-17 2026-11-17
todo o período                                2000-01-01 2026-11-20
de 10 de setembro a 5 de outubro              2026-09-10 2026-10-05
do começo do ano até hoje                     2026-01-01 2026-11-20
pagamentos do mês de março                    2026-03-01 2026-03-31
paguei R$ 50,75 em março                      2026-03-01 2026-03-31
fatura de dez                                 2025-12-01 2025-12-31
jan a dez de 2025                             2025-01-01 2025-12-31
de dez a vinte de outubro                     2026-10-10 2026-10-20
1º tri                                        2026-01-01 2026-03-31
mai/25                                        2025-05-01 2025-05-31
de segunda a sexta                            2026-11-16 2026-11-20
seg a sex                                     2026-11-16 2026-11-20
segunda quinzena de setembro                  2026-09-16 2026-09-30
do dia 10 ao dia 15                           2026-11-10 2026-11-15
este e o mês passado                          2026-10-01 2026-11-20
fim de semana passado                         2026-11-14 2026-11-15
de outubro pra cá                             2026-10-01 2026-11-20
em maio quanto paguei                         2026-05-01 2026-05-31
"""


def rows(table: str) -> list[tuple[str, Period]]:
    found = []
    for line in table.strip().splitlines():
        words, first, last = line.rsplit(maxsplit=2)
        found.append((words, Period(date.fromisoformat(first), date.fromisoformat(last))))
    return found


@pytest.mark.parametrize(("language", "table"), [("ru", RUSSIAN), ("en", ENGLISH), ("pt", PORTUGUESE)])
def test_phrases(language: str, table: str) -> None:
    wrong = [
        (words, period, got)
        for words, period in rows(table)
        for got in [parse(words, TODAY, language)]
        if got != Found(period)
    ]
    assert not wrong, "\n".join(f"{w}: {p.first} {p.last}, got {g}" for w, p, g in wrong)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "баланс", "история платежей", "сколько я должен", "платежи", "покажи", "payments", "pagamentos",
        "лицевой счёт 123456789012", "8 912 345 67 89", "+7 912 345-67-89", "+79123456789", "4951234567",
        "заплатил 500 рублей", "1 500", "1500", "500", "300р", "1,5 тыс", "R$ 50,75", "пополнить на 2025", "*101#",
        "счёт 5", "договор 12", "12.50", "350.50 рублей", "192.168.1.1", "10:42", "с 2 до 5 часов", "5%",
        "с карты", "картой", "последний платёж", "прошлый платёж", "may I see my payments", "my last payment",
        "segunda via da conta", "segunda via", "через 3 месяца", "каждый месяц", "сколько в месяц",
        "от 100 до 300 рублей", "последние 5 платежей", "спасибо", "да", "нет", "2", "15", "1-15", "🙂🙂🙂",
        "выйти out", "money", "с 5 рублей", "до скольки работаете", "по телефону", "это", "прошло", "первый",
        "тариф на 100", "٣", "١٢.٠٣.٢٠٢٦", "²", "iphone12", "conta corrente",
        "ул. Ленина 10/2 кв 3 нет интернета", "живу в д. 8, кв. 4", "rua A, 10/2, apto 3", "Rua 15 de Novembro, 20",
        "улица 1 Мая дом 3", "Октябрьская улица 12/3", "5.10 гб", "01.10 руб за что", "24/7", "10/10 мбит",
        "номер заявки 12.05", "тариф Летний", "летний тариф", "Tariff Summer 300", "plano de verão", "марта зовут жену",
        "we march to another", "you may be wrong", "2ª via do boleto", "5º andar", "on the 5th floor", "2-й договор",
        "quanto custa por mês", "20 por dia", "20 per day", "с 9 до 18", "оплатить за 3 месяца вперёд", "bom dia",
        "уже 3 дня нет интернета", "мне 65 лет", "contrato de 12 meses", "my name is Marta", "minha mãe", "oh my god",
        "let me pay 5", "what did u pay 20 u", "abriu a conta junto", "завтрак", "прошла", "полтора месяца",
        "my name is April", "this may take long", "thanks and may I ask", "within 3 days", "тариф за 2000",
        "12/5 Baker street",
    ],
)  # fmt: skip
def test_no_period(text: str) -> None:
    assert parse(text, TODAY) is None


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("31 апреля", Why.NO_SUCH_DAY), ("30.02.2026", Why.NO_SUCH_DAY), ("31.02", Why.NO_SUCH_DAY),
        ("32 января", Why.NO_SUCH_DAY), ("с 1 по 31 сентября", Why.NO_SUCH_DAY), ("01.13.2026", Why.NO_SUCH_DAY),
        ("April 31", Why.NO_SUCH_DAY), ("31 de abril", Why.NO_SUCH_DAY), ("29.02.2025", Why.NO_SUCH_DAY),
        ("за март 2030", Why.FUTURE), ("за 2030 год", Why.FUTURE), ("with since 2030", Why.FUTURE),
        ("за следующий месяц", Why.FUTURE), ("завтра", Why.FUTURE), ("next week", Why.FUTURE),
        ("в следующую среду", Why.FUTURE), ("next 3 months", Why.FUTURE), ("5 мая 1985", Why.NO_SUCH_DAY),
        ("próximo mês", Why.FUTURE), ("mês que vem", Why.FUTURE), ("за этот декабрь", Why.FUTURE),
        ("tomorrow", Why.FUTURE),
        ("за декабрь 2026", Why.FUTURE), ("21.11.2026", Why.FUTURE), ("с 01.01.2027", Why.FUTURE),
        ("01.10.2026-01.09.2026", Why.REVERSED), ("с 15 октября по 1 октября", Why.REVERSED),
        ("с марта 2026 по январь 2026", Why.REVERSED), ("from 2026-10-15 to 2026-10-01", Why.REVERSED),
        ("99.99.9999", Why.NO_SUCH_DAY), ("2026-13-45", Why.NO_SUCH_DAY), ("00.00.2026", Why.NO_SUCH_DAY),
    ],
)  # fmt: skip
def test_what_cannot_be(text: str, why: Why) -> None:
    assert parse(text, TODAY) == Impossible(why)


def ask(*periods: tuple[date, date]) -> Ambiguous:
    return Ambiguous(tuple(Period(first, last) for first, last in periods))


D = date


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("03/04", "en", ask((D(2026, 4, 3), D(2026, 4, 3)), (D(2026, 3, 4), D(2026, 3, 4)))),
        ("payments from 03/04 to 05/06", None, ask((D(2026, 4, 3), D(2026, 6, 5)), (D(2026, 3, 4), D(2026, 5, 6)))),
        ("с 03/04 по 05/06", "en", Found(Period(D(2026, 4, 3), D(2026, 6, 5)))),
        ("from 03/04 to 25/06", "en", Found(Period(D(2026, 4, 3), D(2026, 6, 25)))),
        ("03.04", "en", Found(Period(D(2026, 4, 3), D(2026, 4, 3)))),
        ("январь и март", "ru", ask((D(2026, 1, 1), D(2026, 1, 31)), (D(2026, 3, 1), D(2026, 3, 31)))),
        ("март или апрель", "ru", ask((D(2026, 3, 1), D(2026, 3, 31)), (D(2026, 4, 1), D(2026, 4, 30)))),
        ("с 25 по 5 ноября", "ru", ask((D(2026, 10, 25), D(2026, 11, 5)), (D(2026, 11, 5), D(2026, 11, 20)))),
        ("март 25", "ru", ask((D(2026, 3, 25), D(2026, 3, 25)), (D(2025, 3, 1), D(2025, 3, 31)))),
        ("зима 2025", "ru", ask((D(2024, 12, 1), D(2025, 2, 28)), (D(2025, 12, 1), D(2026, 2, 28)))),
        ("до 15 октября", "ru", ask((D(2026, 10, 1), D(2026, 10, 15)), (D(2026, 1, 1), D(2026, 10, 15)))),
        ("за прошлые 3 месяца", "ru", ask((D(2026, 8, 1), D(2026, 10, 31)), (D(2026, 8, 21), D(2026, 11, 20)))),
        ("за 10 и 12 ноября", "ru", ask((D(2026, 11, 10), D(2026, 11, 10)), (D(2026, 11, 12), D(2026, 11, 12)))),
        ("последние несколько недель", "ru", ask((D(2026, 10, 31), TODAY), (D(2026, 10, 10), TODAY))),
        ("за последние месяцы", "ru", ask((D(2026, 8, 21), D(2026, 11, 20)), (D(2026, 5, 21), D(2026, 11, 20)))),
        ("несколько дней назад", "ru", ask((D(2026, 11, 18), TODAY), (D(2026, 11, 15), TODAY))),
        ("by 25 October", "en", ask((D(2026, 10, 1), D(2026, 10, 25)), (D(2026, 1, 1), D(2026, 10, 25)))),
        ("с конца октября", "ru", ask((D(2026, 10, 1), TODAY), (D(2026, 10, 31), TODAY))),
        ("2022 and 2024", "en", ask((D(2022, 1, 1), D(2022, 12, 31)), (D(2024, 1, 1), D(2024, 12, 31)))),
        ("first week of October", "en", ask((D(2026, 10, 1), D(2026, 10, 7)), (D(2026, 10, 1), D(2026, 10, 31)))),
        ("месяц назад", "ru", ask((D(2026, 10, 1), D(2026, 10, 31)), (D(2026, 10, 21), D(2026, 11, 20)))),
    ],
)
def test_what_must_be_asked(text: str, language: str | None, expected: Result) -> None:
    assert parse(text, TODAY, language) == expected


@pytest.mark.parametrize(
    ("text", "today", "first", "last"),
    [
        ("за последний месяц", D(2026, 3, 31), D(2026, 3, 1), D(2026, 3, 31)),
        ("за последний месяц", D(2026, 3, 30), D(2026, 3, 1), D(2026, 3, 30)),
        ("за последние пять дней", D(2026, 3, 10), D(2026, 3, 6), D(2026, 3, 10)),
        ("за год", D(2024, 2, 29), D(2023, 3, 1), D(2024, 2, 29)),
        ("за декабрь", D(2027, 1, 10), D(2026, 12, 1), D(2026, 12, 31)),
        ("за январь", D(2027, 1, 10), D(2027, 1, 1), D(2027, 1, 10)),
        ("с ноября по февраль", D(2027, 1, 10), D(2026, 11, 1), D(2027, 1, 10)),
        ("декабрь и январь", D(2027, 1, 10), D(2026, 12, 1), D(2027, 1, 10)),
        ("с 25 декабря по 5 января", D(2027, 1, 3), D(2026, 12, 25), D(2027, 1, 3)),
        ("зимой", D(2027, 1, 10), D(2026, 12, 1), D(2027, 1, 10)),
        ("прошлой зимой", D(2027, 1, 10), D(2025, 12, 1), D(2026, 2, 28)),
        ("зимой", D(2024, 3, 1), D(2023, 12, 1), D(2024, 2, 29)),
        ("в прошлом месяце", D(2027, 1, 10), D(2026, 12, 1), D(2026, 12, 31)),
        ("на этой неделе", D(2026, 11, 16), D(2026, 11, 16), D(2026, 11, 16)),
        ("4 квартал", D(2027, 1, 10), D(2026, 10, 1), D(2026, 12, 31)),
        ("31 числа", D(2026, 3, 5), D(2026, 1, 31), D(2026, 1, 31)),
        ("с нового года", D(2026, 1, 1), D(2026, 1, 1), D(2026, 1, 1)),
    ],
)
def test_the_day_decides(text: str, today: date, first: date, last: date) -> None:
    assert parse(text, today, "ru") == Found(Period(first, last))


days = st.dates(D(2001, 1, 1), D(2040, 12, 31))


@given(st.sampled_from(LANGUAGES), days, st.integers(0, 900), st.integers(0, 900))
def test_a_printed_period_is_read_back(language: str, today: date, back: int, length: int) -> None:
    last = today - timedelta(days=back)
    period = Period(last - timedelta(days=length), last)
    assert parse(Say(language, today, strict=True).period(period), today, language) == Found(period)


@given(st.sampled_from(LANGUAGES), days, st.integers(0, 4000))
def test_a_printed_month_is_read_back(language: str, today: date, back: int) -> None:
    month = (today - timedelta(days=back)).replace(day=1)
    got = parse(Say(language, today, strict=True).month(month), today, language)
    assert isinstance(got, Found)
    assert got.period.first == month
    assert got.period.last <= today


def plainly_russian(row: tuple[str, Period]) -> bool:
    """Known words and figures alone: other marks have other places on the other layout."""
    return bool(re.fullmatch("[а-я0-9 ]+", row[0])) and all(known(word) for word in re.findall("[а-я]+", row[0]))


LETTERS = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
LATIN = "a,b,v,g,d,e,zh,z,i,y,k,l,m,n,o,p,r,s,t,u,f,kh,ts,ch,sh,shch,,y,,e,yu,ya"
IN_LATIN = {ord(letter): latin for letter, latin in zip(LETTERS, re.split(",", LATIN), strict=True)}


@given(st.sampled_from([row for row in rows(RUSSIAN) if plainly_russian(row)]), days)
def test_russian_on_the_other_layout_and_in_latin_letters(row: tuple[str, Period], today: date) -> None:
    expected = parse(row[0], today, "ru")
    assert parse(row[0].translate(FROM_RUSSIAN), today, "ru") == expected
    assert parse(row[0].translate(IN_LATIN), today, "ru") == expected


ADDRESSES = {"ru": "ул. Мира {0}/2, кв. {0}, ", "en": "house {0}/2, flat {0}, ", "pt": "rua A, {0}/2, apto {0}, "}


@given(st.sampled_from(LANGUAGES), days, st.integers(0, 2000), st.integers(1, 400))
def test_an_address_before_a_month_changes_nothing(language: str, today: date, back: int, number: int) -> None:
    month = Say(language, today, strict=True).month((today - timedelta(days=back)).replace(day=1))
    assert parse(ADDRESSES[language].format(number) + month, today, language) == parse(month, today, language)


HALVES = {
    "ru": ("первая половина", "вторая половина"),
    "en": ("first half of", "second half of"),
    "pt": ("primeira quinzena de", "segunda quinzena de"),
}


@given(st.sampled_from(LANGUAGES), days, st.integers(31, 2000))
def test_two_halves_make_a_month(language: str, today: date, back: int) -> None:
    month = (today - timedelta(days=back)).replace(day=1)
    words = Say(language, today, strict=True).month(month)
    first, second = (parse(f"{half} {words}", today, language) for half in HALVES[language])
    assert first == Found(Period(month, month.replace(day=15)))
    assert second == Found(Period(month.replace(day=16), unit_at(MONTHS, month, 0).last))


WORDS = sorted({w for table in (RUSSIAN, ENGLISH, PORTUGUESE) for words, _ in rows(table) for w in words.split()})


@given(st.lists(st.sampled_from(WORDS), max_size=9), days)
def test_any_words_in_any_order(words: list[str], today: date) -> None:
    check(parse(" ".join(words), today), today)


@given(st.text(max_size=80), days, st.sampled_from([*LANGUAGES, None]))
def test_any_text(text: str, today: date, language: str | None) -> None:
    check(parse(text, today, language), today)


@given(st.text("0123456789.,/-–: +годмартясб", max_size=40), days)
def test_any_digits(text: str, today: date) -> None:
    check(parse(text, today), today)


def check(result: Result, today: date) -> None:
    periods = [result.period] if isinstance(result, Found) else result.periods if isinstance(result, Ambiguous) else ()
    assert all(period.last <= today for period in periods)
    if isinstance(result, Ambiguous):
        assert 2 <= len(set(result.periods)) <= 3


@pytest.mark.parametrize(
    "text",
    ["1" * 100_000, "1 " * 50_000, "с " * 50_000, "март и " * 15_000, "и\u0306" * 50_000, "a" * 100_000, "1-" * 50_000,
     "марат " * 16_000, "а\u0301" * 50_000, "1.1." * 25_000, "за последние " * 8_000, "(" * 100_000, "с 1 по " * 14_000,
     "".join(chr(0x430 + i % 32) + (" " if i % 7 == 0 else "") for i in range(100_000)), "a the " * 16_000,
     "vfhn " * 20_000, "za " * 33_000, "1 и " * 25_000, "этот и " * 14_000, "ул 1 " * 20_000, "5-abc-" * 16_000],
    ids=range(21),
)  # fmt: skip
def test_a_hundred_thousand_characters(text: str) -> None:
    started = time.perf_counter()
    parse(text, TODAY)
    assert time.perf_counter() - started < 1
