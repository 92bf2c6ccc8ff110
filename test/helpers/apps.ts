/** Serves one page with what every image has, and needs no buildpack but `null`. */
export function nullApp(page: string): Record<string, string> {
  const script = [
    "use strict; use warnings; use Socket;",
    "$SIG{TERM} = sub { exit 0 }; $SIG{PIPE} = 'IGNORE';",
    "socket(my $s, PF_INET, SOCK_STREAM, 0); setsockopt($s, SOL_SOCKET, SO_REUSEADDR, 1);",
    "bind($s, sockaddr_in($ENV{PORT}, INADDR_ANY)) or die; listen($s, 128);",
    "open(my $f, '<', 'page'); my $page = <$f>; $page .= qq(\\n);",
    "while (accept(my $c, $s)) { my $line; while ($line = <$c>) { last if $line =~ /^\\r?\\n$/ }",
    'print $c "HTTP/1.1 200 OK\\r\\nContent-Length: ".length($page)."\\r\\nConnection: close\\r\\n\\r\\n".$page; close $c }',
  ];
  return { Procfile: "web: perl server.pl\n", "server.pl": script.join("\n"), page };
}
