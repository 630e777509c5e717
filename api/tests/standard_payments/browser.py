"""Does on the page what a person does, over the WebDriver protocol; pictures go to a directory."""

import base64
import http.server
import json
import pathlib
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
import urllib.request

page, shots = sys.argv[1], pathlib.Path(sys.argv[2])
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"


def spare_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


class Google(http.server.BaseHTTPRequestHandler):
    """Where the page sends back to: it leads on to another origin, as Google's may."""

    def do_GET(self):
        back, _, told = self.path.partition("?")
        self.send_response(303 if back == "/back" else 200)
        self.send_header("content-length", "0")
        if back == "/back":
            self.send_header("location", f"http://localhost:{google.server_port}/end?{told}")
        self.end_headers()

    def log_message(self, *_):
        pass


google = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Google)
threading.Thread(target=google.serve_forever, daemon=True).start()
port = spare_port()
driver = subprocess.Popen(["chromedriver", f"--port={port}"], stdout=subprocess.DEVNULL)


def ask(method, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", data, method=method)
    return json.load(urllib.request.urlopen(request, timeout=60))["value"]


def ready():
    for _ in range(600):
        try:
            return ask("GET", "/status")["ready"]
        except OSError:
            time.sleep(0.05)
    raise SystemExit("the driver does not start")


try:
    ready()
    arguments = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--window-size=412,915"]
    preferences = {"profile.managed_default_content_settings.javascript": 2}
    options = {"goog:chromeOptions": {"args": arguments, "prefs": preferences}}
    session = "/session/" + ask("POST", "/session", {"capabilities": {"alwaysMatch": options}})[
        "sessionId"]

    def find(selector):
        found = ask("POST", f"{session}/element", {"using": "css selector", "value": selector})
        return f"{session}/element/{found[ELEMENT]}"

    def write(selector, text):
        ask("POST", f"{find(selector)}/value", {"text": text})

    def press(selector):
        ask("POST", f"{find(selector)}/click", {})

    def shoot(name):
        (shots / name).write_bytes(base64.b64decode(ask("GET", f"{session}/screenshot")))

    def titled(wanted):
        """A press is answered at once, and the page that follows it comes when it comes."""
        for _ in range(600):
            title = ask("GET", f"{session}/title")
            if title.startswith(wanted):
                return
            time.sleep(0.05)
        raise SystemExit(f"the page is {title!r}, not {wanted!r}")

    def fits():
        """Nothing reaches over the side of a phone."""
        for selector in ["main", "button.first"]:
            box = ask("GET", f"{find(selector)}/rect")
            if box["x"] < 0 or box["x"] + box["width"] > 500:
                raise SystemExit(f"{selector} is cut off: {box}")

    asked = base64.urlsafe_b64encode(b'{"requestId":"auth:browser"}').decode()
    query = urllib.parse.urlencode({"gspMajorVersion": 1, "gspAuthenticationRequest": asked,
                                    "gspCallbackUrl": f"http://127.0.0.1:{google.server_port}/back"})
    ask("POST", f"{session}/url", {"url": f"{page}?{query}"})
    titled("Sign in")
    fits()
    shoot("sign-in.png")
    write("#who", "sally@otheremail.com")
    write("#password", "a guess")
    press("button.first")
    titled("Error: Sign in")
    if ask("GET", f"{find('[role=alert]')}/text") == "":
        raise SystemExit("nothing says what is wrong")
    shoot("wrong.png")
    write("#password", "paceline")
    press("button.first")
    titled("Approve")
    fits()
    shoot("approve.png")
    press("button.first")
    for _ in range(200):
        url = ask("GET", f"{session}/url")
        if url.startswith("http://localhost:"):
            break
        time.sleep(0.05)
    print(url)
    ask("DELETE", session)
finally:
    driver.terminate()
