"""Numbers of protocols that several kernels compare with. Sources: IANA's registries; RFC 9293 (TCP's flags)."""

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58

FIN, SYN, RST, ACK = 1, 2, 4, 16

DHCP_SERVER, DHCP_CLIENT, TFTP, DHCP6_SERVER, PXE = 67, 68, 69, 547, 4011
