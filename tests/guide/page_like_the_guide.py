"""A page in the shape of the guide's own, typed anew with the facts of the built-in table and sentences of ours.

Words are broken where a narrow column breaks them, and cells follow one another without places, as pdftotext -raw and
viewers give them.
"""

HEADINGS = """\
Our installation guide
Appendix A Ports
Item
Execution File
Name *1
Port
No.
Proto
col
Direc
tion
Connecting
Target
Port
No.
Execution File
Name
"""

FIRST = (
    HEADINGS
    + """\
Power ON \\Program
Files\\NEC\\Depl
oymentManager
\\magicsend.exe
Auto
matic
UDP > Managed
machine *3
5561
Shutdown \\Program
Files\\NEC\\Depl
oymentManager
\\apiserv.exe
\\Program
Files\\NEC\\Depl
oymentManager
\\schwatch.exe
Auto
matic
TCP > Managed
machine
56010 For a Windows
machine
\\WINDOWS\\sys
tem32\\DepAgen
t.exe *2
For a Linux
machine
/opt/dpmclient/
agent/bin/Depa
gtd
Network boot
*4
DHCP server
or
\\Program
Files\\NEC\\Depl
oymentManager
\\pxesvc.exe *6
67 UDP(
DHCP
)
< Managed
machine
68
DHCP server
or
\\Program
Files\\NEC\\Depl
oymentManager
\\pxesvc.exe *6
67 UDP(
DHCP
)
> Managed
machine
68
\\Program
Files\\NEC\\Depl
oymentManager
\\pxesvc.exe
4011 UDP < Managed
machine
68
\\Program
Files\\NEC\\Depl
oymentManager
\\pxesvc.exe
4011 UDP < Managed
machine
4011
\\Program
Files\\NEC\\Depl
oymentManager
\\pxemtftp.exe
69 UDP(
TFTP)
< Managed
machine
*5
\\Program
Files\\NEC\\Depl
oymentManager
\\pxemtftp.exe
69 UDP(
TFTP)
> Managed
machine
*5
\\Program
Files\\NEC\\Depl
oymentManager
\\bkressvc.exe
56030 TCP < Managed
machine
56030
"""
)

LAST = (
    HEADINGS
    + """\
Connection with
Image Builder
(Remote
Console)
\\Program
Files\\NEC\\Depl
oymentManager
\\ftsvc.exe
56023 TCP < Image Builder
(Remote Console)
Auto
matic
\\Program
Files\\NEC\\Depl
oymentManager
\\DIBuilde.exe
Connection with
DPM Command
Line
Web service
(IIS)
80
*10
HTTP < DPM Command
Line
Auto
matic
\\Program
Files\\NEC\\Depl
oymentManager
\\dpmcmd.exe
*1 The paths are those of a system of 32 bits; elsewhere the folder has another name.
*3 A machine of the server's own segment is reached at 255.255.255.255, one of another segment
by the broadcast address of that segment.
E.g.) For 192.0.2.0 it is 192.0.2.255.
*7 The rows of "Restore" have to work as well.
*8 With a DHCP server the rows of "Network boot" have to work as well.
Without one those of "Operation without a DHCP Server" do.
*9 The port (TCP: 56050) is used inside the server's machine.
*10 The port can be changed in this way.
Example) For one version
1) Open the settings of the web server.
2) Change the number.
Besides this table the server uses other protocols.
To see whether machines exist, ICMP ECHO (ping) is used from DPM Server to
managed machines.
For restore, Multicast is used from DPM Server to managed
machines.
"""
)
