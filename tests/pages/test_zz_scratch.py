import asyncio, json, time
from uuid import UUID
import pytest
from tests.pages.browsing import Browser, Sent, words
from tests.backtests.conftest import LARGE, LARGER, Trials, trials
from tests.pages.happenings import History
from domain.operations.start_shadow import start_shadow
from domain.operations.set_secret import set_secret
from domain.store.database import fetch, execute
__all__ = ["trials"]
HUGE="ffffffff-ffff-7fff-bfff-ffffffffffff"
NIL="00000000-0000-0000-0000-000000000000"

async def test_dates(alice: Browser, trials: Trials):
    path = f"/triggers/{trials.history.trigger_id}/backtests"
    await trials.totals(1, 2)
    for f in [
        dict(backtest_last="1000000000"), dict(backtest_last="0"), dict(backtest_last="-1"), dict(backtest_last="١٠"), dict(backtest_last="1e3"), dict(backtest_last=" 5 "),dict(backtest_last="9"*5000),
        dict(backtest_from="0001-01-01T00:00"), dict(backtest_from="9999-12-31T23:59"), dict(backtest_to="0001-01-01T00:00"), dict(backtest_to="1969-01-01T00:00"), dict(backtest_to="9999-12-31T23:59", backtest_zone="America/New_York"),
        dict(backtest_from="0001-01-01T00:00", backtest_zone="Asia/Tokyo"),
        dict(backtest_from="x"), dict(backtest_from="2026-02-30T00:00"), dict(backtest_from="2026-11-27T00:00", backtest_to="2026-11-26T00:00"), dict(backtest_from="2026-11-27T00:00", backtest_zone="../../etc/passwd"),
        dict(backtest_from="2026-11-27T00:00", backtest_zone="\x00"), dict(backtest_from="2026-11-27T00:00+99:99"),dict(backtest_from="2200-11-27T00:00"),
        dict(conditions="{"), dict(conditions='{"all":[{"path":"$.a\\u0000","op":"exists"}]}'), dict(conditions='{"all":[{"path":"$[\'\\ud800\']","op":"exists"}]}'), dict(conditions="["*100000), dict(conditions="null"), dict(conditions=""), dict(conditions='{"all":[{"path":"$.a","op":"eq","value":1e-399}]}'), dict(conditions='{"all":[{"op":"expr","value":"body.a == \'\\u0000\'"}]}'),
    ]:
        form={"conditions": json.dumps(LARGER), "backtest_zone":"UTC", **f}
        a = await alice.press("POST", path, form, "section#form")
        rows = await fetch("SELECT id,state,asked_last,asked_from,asked_to,from_id,below_id FROM backtest WHERE trigger_id=$1 AND state='queued'", trials.history.trigger_id)
        for r in rows:
            await trials.run(r["id"])
        res=[(await trials.row(r["id"])) for r in rows]
        print({k:v[:60] for k,v in f.items()}, a.status_code, a.headers.get("hx-redirect","")[-10:], [(r["state"],r["reason"],r["total"]) for r in res], "" if a.status_code==200 else words(a.text)[:140])
        for r in res:
            pg=await alice.get(f"{path}/{r['id']}"); assert pg.status_code==200
        await execute("DELETE FROM backtest WHERE trigger_id=$1", trials.history.trigger_id)

async def test_ids(alice: Browser, charlie: Browser, bob: Browser, trials: Trials):
    h=trials.history
    ids=await trials.totals(1, 300)
    for i in ids: await h.decision(i,"filtered")
    b=await trials.start(); await trials.run(b)
    await start_shadow(h.world.alice, h.trigger_id, LARGER)
    for who in (alice, charlie, bob):
        for p in (f"/triggers/{h.trigger_id}/backtests/{HUGE}", f"/triggers/{HUGE}/backtests", f"/triggers/x/backtests/{b}", f"/triggers/{h.trigger_id}/backtests/{b}/events/{HUGE}", f"/triggers/{h.trigger_id}/backtests/{b}/events/{NIL}",f"/triggers/{h.trigger_id}/backtests/{b}/events/{ids[0]}",f"/triggers/{h.trigger_id}/backtests/{b}/events?outcome=x",f"/triggers/{h.trigger_id}/backtests/{b}/events?after={HUGE}&before={NIL}",f"/triggers/{h.trigger_id}/backtests/{b}/events?older=%00",
            f"/triggers/{h.trigger_id}/shadow/events/{HUGE}", f"/triggers/{h.trigger_id}/shadow/events/{NIL}", f"/triggers/{h.trigger_id}/shadow/events/x",f"/triggers/{h.trigger_id}/shadow/events/{ids[0]}", f"/triggers/{h.trigger_id}/shadow?kind=%00&before={HUGE}", f"/events/{HUGE}", f"/events/{NIL}", f"/events/{ids[0]}", f"/events/{ids[0]}/payload/rows?part=zz", f"/events/{ids[0]}?q=%00"):
            a=await who.get(p)
            print(a.status_code, p[-70:])
            assert a.status_code<500
    for method,p,form in (("POST",f"/triggers/{h.trigger_id}/backtests/{HUGE}/cancellation",{}),("POST",f"/triggers/{h.trigger_id}/backtests/{b}/cancellation",{}),("POST",f"/triggers/{h.trigger_id}/backtests/{b}/adoption",{"revision":"x"*10}),("POST",f"/triggers/{h.trigger_id}/backtests/{b}/adoption",{"revision":"99999999999"}),("POST",f"/triggers/{h.trigger_id}/backtests/{b}/adoption",{"revision":"999999999"}),("DELETE",f"/triggers/{h.trigger_id}/backtests/{NIL}",{}),("DELETE",f"/triggers/{h.trigger_id}/shadow?shadow=x",{}),("POST",f"/triggers/{h.trigger_id}/shadow/promotion",{"shadow":"x","revision":"7"}),("POST",f"/triggers/{h.trigger_id}/shadow/promotion",{"shadow":HUGE,"revision":"-1"})):
        for who in (charlie,bob,alice):
            a=await who.press(method,p,form); print(a.status_code,method,p[-60:],words(a.text)[:100] if who is alice else ""); assert a.status_code<500

async def test_big(alice: Browser, history: History, trials: Trials):
    h=trials.history
    for i in range(200): await set_secret(h.world.alice,h.world.vault,f"s{i}",f"secret-{i}-"+"x"*1000)
    body=b'{"total": 1, "l": ['+b",".join([b'{"n":%d,"t":"2024-01-01T00:00:00Z"}'%i for i in range(270_000)])+b']}'
    print(len(body))
    e=await h.event(body); await h.decision(e,"filtered")
    b=await trials.start(); await trials.run(b)
    for p in (f"/events/{e}",)*3+(f"/triggers/{h.trigger_id}/backtests/{b}/events/{e}",):
        late=0.0
        async def beat():
            nonlocal late
            while True:
                t=time.perf_counter(); await asyncio.sleep(0.005); late=max(late,time.perf_counter()-t)
        k=asyncio.create_task(beat()); await asyncio.sleep(0.05)
        t=time.perf_counter(); a=await alice.get(p); t=time.perf_counter()-t; await asyncio.sleep(0.02); k.cancel()
        print(p, a.status_code, f"{t*1e3:.0f} ms, longest stall {late*1e3:.0f} ms", len(a.text))
