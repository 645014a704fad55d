"""Does with stomp.py what the plan says, and prints what it sees as JSON lines. The steps: ../plan.ts."""
import json
import queue
import sys
import time

import stomp

plan = json.loads(sys.argv[1])
patience = 15


def say(event, **more):
    print(json.dumps({"event": event, **more}), flush=True)


class Listener(stomp.ConnectionListener):
    def __init__(self):
        self.messages = queue.Queue()
        self.receipts = queue.Queue()

    def on_connected(self, frame):
        say("connected", version=frame.headers.get("version", "1.0"))

    def on_message(self, frame):
        self.messages.put(frame)

    def on_receipt(self, frame):
        self.receipts.put(frame.headers["receipt-id"])

    def on_error(self, frame):
        say("error", message=frame.headers.get("message", ""))
        self.receipts.put("error")


def create():
    kind = {"1.0": stomp.Connection10, "1.1": stomp.Connection11, "1.2": stomp.Connection12}[plan["version"]]
    more = {} if plan["version"] == "1.0" else {"heartbeats": (plan["heartBeat"], plan["heartBeat"])}
    hosts = [(plan["host"], port) for port in plan["ports"]]
    connection = kind(hosts, reconnect_attempts_max=1, **more)
    if plan.get("ca"):
        connection.set_ssl(for_hosts=hosts, ca_certs=plan["ca"])
    listener = Listener()
    connection.set_listener("", listener)
    return connection, listener


def connect(connection):
    connection.connect("user", "secret", wait=True, headers=plan["connect"])


connection, listener = create()
connect(connection)
messages = []
receipts = 0


def receipt():
    global receipts
    receipts += 1
    return "r%d" % receipts


def wait_for(wanted):
    while True:
        got = listener.receipts.get(timeout=patience)
        if got in (wanted, "error"):
            return got == wanted


def settle(how, step):
    message = messages[step["message"]]
    transaction = step.get("transaction")
    if plan["version"] == "1.2":
        how(message.headers["ack"], transaction=transaction)
    elif plan["version"] == "1.1":
        how(message.headers["message-id"], message.headers["subscription"], transaction=transaction)
    else:
        how(message.headers["message-id"], transaction=transaction)


def flood(step):
    """One message after the other, each until its receipt came, over however many connections."""
    global connection, listener
    for number in range(step["count"]):
        body = "f%d" % number
        while True:
            try:
                wanted = receipt()
                connection.send(step["destination"], body, headers={"persistent": "true", "receipt": wanted})
                if listener.receipts.get(timeout=2) == wanted:
                    break
            except (queue.Empty, stomp.exception.StompException, OSError):
                pass
            try:
                connection, listener = create()
                connect(connection)
            except (stomp.exception.StompException, OSError):
                time.sleep(0.05)
        say("receipt", body=body)


for step in plan["steps"]:
    act = step["do"]
    headers = step.get("headers", {})
    if act == "send":
        wanted = receipt()
        if step.get("receipt"):
            headers = {**headers, "receipt": wanted}
        connection.send(step["destination"], step["body"], headers=headers)
        if step.get("receipt") and wait_for(wanted):
            say("receipt", body=step["body"])
    elif act == "subscribe":
        wanted = receipt()
        connection.subscribe(step["destination"], id=step["id"], ack=step["ack"], headers={**headers, "receipt": wanted})
        say("subscribed" if wait_for(wanted) else "refused")
    elif act == "unsubscribe":
        connection.unsubscribe(id=step["id"], headers=headers)
    elif act == "take":
        for _ in range(step["count"]):
            frame = listener.messages.get(timeout=patience)
            messages.append(frame)
            say("message", body=frame.body, headers=frame.headers)
    elif act == "ack":
        settle(connection.ack, step)
    elif act == "nack":
        settle(connection.nack, step)
    elif act == "begin":
        connection.begin(step["transaction"])
    elif act == "commit":
        connection.commit(step["transaction"])
    elif act == "abort":
        connection.abort(step["transaction"])
    elif act == "idle":
        time.sleep(step["ms"] / 1000)
        say("idle", open=connection.is_connected())
    elif act == "flood":
        flood(step)
connection.disconnect(receipt="bye")
wait_for("bye")
say("done")
