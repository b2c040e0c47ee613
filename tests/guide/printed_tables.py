"""Tables of ports as guides print them, with what has to be read from each: the known table and invented products."""

from collections.abc import Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class C:
    """A cell: its text (a new line is one that the author made), the rows and columns that it spans."""

    text: str
    down: int = 1
    across: int = 1


@dataclass(frozen=True)
class Flow:
    """One flow that has to be read. ``ports`` and ``programs``: of the server (or source), and of the target (or
    destination). A program is its path or name, with ``@windows`` or ``@linux`` where the table says so."""

    item: str
    protocol: str | None
    sign: str | None
    ports: tuple[int | None, int | None]
    target: str
    programs: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    marks: tuple[int, ...] = ()
    application: str | None = None


@dataclass(frozen=True)
class MadeTable:
    """Rows of cells with ``headings`` rows at the top, the widths of the columns in millimetres, footnotes and texts."""

    name: str
    language: str
    widths: tuple[int, ...]
    cells: tuple[tuple[C, ...], ...]
    headings: int
    flows: tuple[Flow, ...]
    notes: tuple[tuple[int, str], ...] = ()
    texts: tuple[str, ...] = ()
    pairs: bool = False
    open_fields: frozenset[str] = field(default_factory=frozenset)

    def placed(self) -> Iterator[tuple[int, int, C]]:
        """Each cell with the number of its row and column."""
        taken: set[tuple[int, int]] = set()
        for number, row in enumerate(self.cells):
            column = 0
            for cell in row:
                while (number, column) in taken:
                    column += 1
                taken |= {(number + y, column + x) for y in range(cell.down) for x in range(cell.across)}
                yield number, column, cell
                column += cell.across


def rows(*lines: str) -> tuple[tuple[C, ...], ...]:
    """Rows of a table written with ``|`` between cells; ``^`` is a cell that the one above spans, ``//`` a new line."""
    parts = [[cell.strip().replace("//", "\n") for cell in line.split("|")] for line in lines]
    made: list[tuple[C, ...]] = []
    for number, row in enumerate(parts):
        cells = []
        for column, text in enumerate(row):
            if text in ("^", "<<"):
                continue
            down = across = 1
            while number + down < len(parts) and parts[number + down][column] == "^":
                down += 1
            while column + across < len(row) and row[column + across] == "<<":
                across += 1
            cells.append(C(text, down, across))
        made.append(tuple(cells))
    return tuple(made)


NEC = "\\Program Files\\NEC\\DeploymentManager\\"
PXE = ("DHCP server", f"{NEC}pxesvc.exe")
AGENTS = ("\\WINDOWS\\system32\\DepAgent.exe@windows", "/opt/dpmclient/agent/bin/Depagtd@linux")
MACHINE = "Managed machine"


def _known_flows(words: dict[str, str]) -> tuple[Flow, ...]:
    machine, boot = words["machine"], words["boot"]
    return (
        Flow(words["power"], "udp", ">", (None, 5561), machine, ((f"{NEC}magicsend.exe",), ()), (3,)),
        Flow(
            words["shutdown"],
            "tcp",
            ">",
            (None, 56010),
            machine,
            ((f"{NEC}apiserv.exe", f"{NEC}schwatch.exe"), AGENTS),
            (2,),
        ),
        Flow(boot, "udp", "<", (67, 68), machine, (PXE, ()), (4, 6), "dhcp"),
        Flow(boot, "udp", ">", (67, 68), machine, (PXE, ()), (4, 6), "dhcp"),
        Flow(boot, "udp", "<", (4011, 68), machine, ((f"{NEC}pxesvc.exe",), ()), (4,)),
        Flow(boot, "udp", "<", (4011, 4011), machine, ((f"{NEC}pxesvc.exe",), ()), (4,)),
        Flow(boot, "udp", "<", (69, None), machine, ((f"{NEC}pxemtftp.exe",), ()), (4, 5), "tftp"),
        Flow(boot, "udp", ">", (69, None), machine, ((f"{NEC}pxemtftp.exe",), ()), (4, 5), "tftp"),
        Flow(boot, "tcp", "<", (56030, 56030), machine, ((f"{NEC}bkressvc.exe",), ()), (4,)),
        Flow(
            words["builder"],
            "tcp",
            "<",
            (56023, None),
            words["console"],
            ((f"{NEC}ftsvc.exe",), (f"{NEC}DIBuilde.exe",)),
        ),
        Flow(
            words["line"],
            "tcp",
            "<",
            (80, None),
            words["command"],
            (("Web service (IIS)",), (f"{NEC}dpmcmd.exe",)),
            (10,),
            "http",
        ),
    )


_ENGLISH = {
    "power": "Power ON", "shutdown": "Shutdown", "boot": "Network boot", "machine": MACHINE,
    "builder": "Connection with Image Builder (Remote Console)", "console": "Image Builder (Remote Console)",
    "line": "Connection with DPM Command Line", "command": "DPM Command Line",
}  # fmt: skip
_JAPANESE = {
    "power": "電源ON", "shutdown": "シャットダウン", "boot": "ネットワークブート", "machine": "管理対象マシン",
    "builder": "イメージビルダ(リモートコンソール)との接続", "console": "イメージビルダ(リモートコンソール)",
    "line": "DPMコマンドラインとの接続", "command": "DPMコマンドライン",
}  # fmt: skip


def _known(name: str, language: str, heading: str, words: dict[str, str], more: dict[str, str], texts: tuple[str, ...],
           notes: tuple[tuple[int, str], ...]) -> MadeTable:  # fmt: skip
    m, auto, either = words["machine"], more["auto"], more["or"]
    agent = (
        f"{more['windows']}//\\WINDOWS\\system32\\DepAgent.exe *2//{more['linux']}///opt/dpmclient/agent/bin/Depagtd"
    )
    pxe = f"DHCP server//{either}//{NEC}pxesvc.exe *6"
    cells = rows(
        heading,
        f"{words['power']} | {NEC}magicsend.exe | {auto} | UDP | > | {m} *3 | 5561 | ",
        f"{words['shutdown']} | {NEC}apiserv.exe//{NEC}schwatch.exe | {auto} | TCP | > | {m} | 56010 | {agent}",
        f"{words['boot']} *4 | {pxe} | 67 | UDP(DHCP) | < | {m} | 68 | ",
        f"^ | ^ | 67 | UDP(DHCP) | > | {m} | 68 | ",
        f"^ | {NEC}pxesvc.exe | 4011 | UDP | < | {m} | 68 | ",
        f"^ | {NEC}pxesvc.exe | 4011 | UDP | < | {m} | 4011 | ",
        f"^ | {NEC}pxemtftp.exe | 69 | UDP(TFTP) | < | {m} | *5 | ",
        f"^ | {NEC}pxemtftp.exe | 69 | UDP(TFTP) | > | {m} | *5 | ",
        f"^ | {NEC}bkressvc.exe | 56030 | TCP | < | {m} | 56030 | ",
        f"{words['builder']} | {NEC}ftsvc.exe | 56023 | TCP | < | {words['console']} | {auto} | {NEC}DIBuilde.exe",
        f"{words['line']} | Web service (IIS) | 80 *10 | HTTP | < | {words['command']} | {auto} | {NEC}dpmcmd.exe",
    )
    return MadeTable(name, language, (25, 30, 14, 14, 12, 26, 14, 32), cells, 1, _known_flows(words), notes, texts)


KNOWN_EN = _known(
    "known-en", "en",
    "Item | Execution File Name *1 | Port No. | Protocol | Direction | Connecting Target | Port No. | Execution File Name",
    _ENGLISH,
    {"auto": "Automatic", "or": "or", "windows": "For a Windows machine", "linux": "For a Linux machine"},
    ("Besides the table above the server uses another protocol.",
     "To see whether machines exist, ICMP ECHO (ping) is sent from DPM Server to managed machines."),
    ((1, "The paths are those of an x86 system; on x64 another folder takes the place of Program Files."),
     (2, "The client's paths are those of an x86 system."),
     (3, "A machine of the same segment is reached at 255.255.255.255, any other by directed broadcast."),
     (4, "These rows are one network boot."), (5, "The network card chooses it."),
     (6, "Where a DHCP server is on the same machine, that server holds the port."),
     (10, "The port can be changed in the settings of the web server.")),
)  # fmt: skip
KNOWN_JA = _known(
    "known-ja", "ja",
    "項目 | 実行ファイル名 *1 | ポート番号 | プロトコル | 方向 | 接続対象 | ポート番号 | 実行ファイル名",
    _JAPANESE,
    {"auto": "自動", "or": "または", "windows": "Windowsマシンの場合", "linux": "Linuxマシンの場合"},
    ("上記の表以外に、次のプロトコルを使用します。", "存在確認のため、DPMサーバから管理対象マシンへICMP ECHO(ping)を使用します。"),
    ((1, "パスはx86のOSにインストールした場合の表記です。"), (2, "クライアントのパスはx86の場合です。"),
     (3, "同じセグメントでは255.255.255.255、異なるセグメントではダイレクトブロードキャストを使用します。"),
     (4, "一連の流れはPXEブートです。"), (5, "NICのROMに依存します。"), (6, "DHCPサーバが同じマシンにある場合は、DHCPサーバが使用します。"),
     (10, "ポート番号は変更できます。")),
)  # fmt: skip

FLEET = "C:\\Program Files\\Orchid\\FleetKeeper\\"
FLEET_EN = MadeTable(
    "fleet-en", "en", (8, 26, 28, 16, 18, 30, 18, 36),
    rows(
        "No. | Function | Counterpart | Port | Direction | Port used | Protocol | Process",
        f"1 | Heartbeat | Managed machine | Any | → | 7410 | UDP | {FLEET}heartd.exe",
        f"2 | Inventory upload | Managed machine | Ephemeral | → | 7411, 7412 | TCP | {FLEET}invsrv.exe",
        f"3 | Remote shell | Managed machine | 7420 | ← | Any | TCP | {FLEET}console.exe",
        f"4 | Name lookup | Managed machine | 53 | ↔ | 53 | TCP/UDP | {FLEET}names.exe",
    ), 1,
    (
        Flow("Heartbeat", "udp", "<", (7410, None), MACHINE, ((f"{FLEET}heartd.exe",), ())),
        Flow("Inventory upload", "tcp", "<", (7411, None), MACHINE, ((f"{FLEET}invsrv.exe",), ())),
        Flow("Inventory upload", "tcp", "<", (7412, None), MACHINE, ((f"{FLEET}invsrv.exe",), ())),
        Flow("Remote shell", "tcp", ">", (None, 7420), MACHINE, ((f"{FLEET}console.exe",), ())),
        Flow("Name lookup", "tcp", "<", (53, 53), MACHINE, ((f"{FLEET}names.exe",), ())),
        Flow("Name lookup", "tcp", ">", (53, 53), MACHINE, ((f"{FLEET}names.exe",), ())),
        Flow("Name lookup", "udp", "<", (53, 53), MACHINE, ((f"{FLEET}names.exe",), ())),
        Flow("Name lookup", "udp", ">", (53, 53), MACHINE, ((f"{FLEET}names.exe",), ())),
    ),
    open_fields=frozenset({"programs"}),
)  # fmt: skip

GROUPED_JA = MadeTable(
    "grouped-ja", "ja", (30, 34, 18, 18, 14, 30, 18, 34),
    rows(
        "機能 | 管理サーバー | << | プロトコル | 方向 | 対象機器 | << | <<",
        "^ | プロセス | ポート | ^ | ^ | 名称 | ポート | プロセス",
        "稼働監視 | watchd.exe | 自動 | TCP | → | 端末エージェント | 31002 | termagent.exe",
        "資産収集 ※1 | \\Program Files\\Kumo\\Asset\\collect.exe | 31010 | TCP | ← | 端末エージェント | 自動 | termagent.exe",
        "ファイル配布 | fdist.exe | 31020～31023 | UDP | → | 中継サーバー | 31030 | relayd",
        "リモート操作 | rcon.exe または rconsvc.exe | 自動 | TCP | → | 端末エージェント | 5900、5901 | Windowsの場合//rcagent.exe//Linuxの場合///opt/kumo/bin/rcagentd",
    ), 2,
    (
        Flow("稼働監視", "tcp", ">", (None, 31002), "端末エージェント", (("watchd.exe",), ("termagent.exe",))),
        Flow("資産収集", "tcp", "<", (31010, None), "端末エージェント",
             (("\\Program Files\\Kumo\\Asset\\collect.exe",), ("termagent.exe",)), (1,)),
        *(Flow("ファイル配布", "udp", ">", (port, 31030), "中継サーバー", (("fdist.exe",), ("relayd",)))
          for port in range(31020, 31024)),
        *(Flow("リモート操作", "tcp", ">", (None, port), "端末エージェント",
               (("rcon.exe", "rconsvc.exe"), ("rcagent.exe@windows", "/opt/kumo/bin/rcagentd@linux")))
          for port in (5900, 5901)),
    ),
    ((1, "収集は1日1回です。"),),
)  # fmt: skip

PAIRS_EN = MadeTable(
    "pairs-en", "en", (34, 34, 20, 34, 20, 18, 40),
    rows(
        "Source | Destination | Source port | Purpose | Destination port | Protocol | Remarks",
        "Vault Manager | Vault Node | Dynamic | Backup job control | 9910 | TCP | Can be changed",
        "Vault Node | Vault Manager | Dynamic | Status report | 9911 | TCP | ",
        "Vault Node | Vault Manager | 9920 | Wake request | 9920 | UDP | ",
        "Operator console | Vault Manager | Dynamic | Console sign-in | 9443 | HTTPS | Uses TLS",
    ), 1,
    (
        Flow("Backup job control", "tcp", None, (None, 9910), "Vault Node"),
        Flow("Status report", "tcp", None, (None, 9911), "Vault Manager"),
        Flow("Wake request", "udp", None, (9920, 9920), "Vault Manager"),
        Flow("Console sign-in", "tcp", None, (None, 9443), "Vault Manager"),
    ),
    pairs=True,
)  # fmt: skip

SIMPLE_EN = MadeTable(
    "simple-en", "en", (18, 16, 60, 34, 26),
    rows(
        "Port | Protocol | Description | Peer | Direction",
        "8530 | TCP | Content download | Edge cache | Inbound",
        "8531/TCP | TCP | Content download over TLS | Edge cache | Inbound",
        "123 | UDP | Time | Time server | Outbound",
    ), 1,
    (
        Flow("Content download", "tcp", "<", (8530, None), "Edge cache"),
        Flow("Content download over TLS", "tcp", "<", (8531, None), "Edge cache"),
        Flow("Time", "udp", ">", (None, 123), "Time server"),
    ),
)  # fmt: skip

MIRROR_JA = MadeTable(
    "mirror-ja", "ja", (32, 34, 20, 14, 34, 20, 20),
    rows(
        "用途 | 接続相手 | 相手側ポート番号 | 方向 | サーバ側プログラム | サーバ側ポート番号 | プロトコル",
        "起動指示 | 管理対象マシン | 9100 | ＜－ | launch.exe | 任意 | UDP",
        "結果通知 | 管理対象マシン | 任意 | －＞ | result.exe | 9101 | TCP",
        "双方向同期 | 管理対象マシン | 9200 | ⇔ | sync.exe | 9200 | TCP",
    ), 1,
    (
        Flow("起動指示", "udp", ">", (None, 9100), "管理対象マシン", (("launch.exe",), ())),
        Flow("結果通知", "tcp", "<", (9101, None), "管理対象マシン", (("result.exe",), ())),
        Flow("双方向同期", "tcp", "<", (9200, 9200), "管理対象マシン", (("sync.exe",), ())),
        Flow("双方向同期", "tcp", ">", (9200, 9200), "管理対象マシン", (("sync.exe",), ())),
    ),
)  # fmt: skip

LONG_EN = MadeTable(
    "long-en", "en", (26, 36, 15, 15, 13, 28, 15, 36),
    rows(
        "Item | Program | Port Number | Protocol | Direction | Connection Target | Port Number | Program",
        "Image capture | \\Program Files\\Tidewater Labs\\Image Works\\Server Components\\capturesvc.exe | 40100 | TCP | <- | Capture node | Automatic | \\Program Files\\Tidewater Labs\\Image Works\\node.exe",
        "Image distribution *1 | \\Program Files\\Tidewater Labs\\Image Works\\Server Components\\distsvc.exe | Automatic | TCP | -> | Capture node | 40110 | For Windows//\\Program Files\\Tidewater Labs\\Image Works\\node.exe//For Linux///opt/tidewater/imageworks/libexec/imagenoded",
        "Multicast distribution *2 | \\Program Files\\Tidewater Labs\\Image Works\\Server Components\\distsvc.exe | 40120 | UDP | -> | Capture node | 40121 | ",
        "Web Console | Web server | 443 | HTTPS | <- | Web browser | Automatic | ",
    ), 1,
    (
        Flow("Image capture", "tcp", "<", (40100, None), "Capture node",
             (("\\Program Files\\Tidewater Labs\\Image Works\\Server Components\\capturesvc.exe",),
              ("\\Program Files\\Tidewater Labs\\Image Works\\node.exe",))),
        Flow("Image distribution", "tcp", ">", (None, 40110), "Capture node",
             (("\\Program Files\\Tidewater Labs\\Image Works\\Server Components\\distsvc.exe",),
              ("\\Program Files\\Tidewater Labs\\Image Works\\node.exe@windows",
               "/opt/tidewater/imageworks/libexec/imagenoded@linux")), (1,)),
        Flow("Multicast distribution", "udp", ">", (40120, 40121), "Capture node",
             (("\\Program Files\\Tidewater Labs\\Image Works\\Server Components\\distsvc.exe",), ()), (2,)),
        Flow("Web Console", "tcp", "<", (443, None), "Web browser", (("Web server",), ())),
    ),
    ((1, "The port can be changed."), (2, "The group address is 239.1.2.3, multicast.")),
)  # fmt: skip

TABLES = (KNOWN_EN, KNOWN_JA, FLEET_EN, GROUPED_JA, PAIRS_EN, SIMPLE_EN, MIRROR_JA, LONG_EN)
