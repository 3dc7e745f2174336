"""What the doctor says: for each finding what is the case and, where something is to be done, what."""

from __future__ import annotations

from collections.abc import Mapping

Sentences = Mapping[str, tuple[str, str]]
"""By finding: the sentence, and the advice, which may be empty; both are filled with the finding's values."""

ENGLISH: Sentences = {
    "title": ("Can this machine hold meetings?", ""),
    "holds": ("Yes: nothing is in the way.", ""),
    "holds_not": ("Not yet: {failures} to mend first, marked with {mark}.", ""),
    "absent": ("No Causerie runs here now. Start it, ask again, and signalling and media are tried too.", ""),
    "python": ("Python {python}, Causerie {version}, core {core}", ""),
    "python_old": ("Python {python} is too old", "Install Python 3.11 or newer."),
    "port_free": ("{kind} {ports}: free", ""),
    "port_ours": ("{kind} {ports}: held by the Causerie that runs", ""),
    "port_taken": (
        "{kind} {ports}: held by another program",
        "End it, or choose others with --port and --media-port.",
    ),
    "port_forbidden": ("{kind} {ports}: this account may not open it", "Choose ports above 1023."),
    "datagrams": ("UDP datagrams come and go on this machine", ""),
    "datagrams_lost": (
        "A UDP datagram sent to this machine's own address did not arrive",
        "Let the firewall pass UDP on the media ports.",
    ),
    "buffers": ("UDP buffers: {kib} KiB", ""),
    "buffers_small": (
        "UDP buffers: only {kib} KiB of {enough}; pictures may break up in large meetings",
        "Run: sysctl -w net.core.rmem_max={wanted} net.core.wmem_max={wanted}",
    ),
    "segmentation": ("The kernel cuts packets itself (GSO)", ""),
    "segmentation_missing": (
        "The kernel does not cut packets (GSO); sending costs more",
        "Use Linux 4.18 or newer for large meetings.",
    ),
    "certificate_unusable": ("Certificate: {problem}", "Correct --cert and --key, or leave them out."),
    "certificate_to_come": ("Certificate: none yet; the first start makes one", ""),
    "certificate_over": (
        "Certificate: it ended on {until}",
        "Renew it; one of Causerie's own making is renewed by a restart.",
    ),
    "certificate_ending": ("Certificate: it ends on {until}", "Renew it, then restart."),
    "certificate_local": (
        "Certificate: Causerie's own until {until}, for {names}; browsers warn once",
        "Trust it at /ca, or give --cert and --key.",
    ),
    "certificate_own": ("Certificate: yours until {until}, for {names}", ""),
    "certificate_doubted": (
        "Certificate: yours until {until}, for {names}, but this system does not trust it",
        "Put the whole chain into --cert, unless your people trust its issuer.",
    ),
    "certificate_other_name": (
        "Certificate: it does not name {host}, by which people come",
        "Get one for {host}, or correct --host.",
    ),
    "folder": ("Data folder: {folder}", ""),
    "folder_shut": (
        "Data folder: {folder} cannot be written",
        "Give it to this account, or name another with --data-dir.",
    ),
    "folder_full": ("Data folder: {folder} has {mib} MiB left", "Make room."),
    "folder_open": ("Data folder: others on this machine may look into {folder}", "Run: chmod 700 {folder}"),
    "addresses_none": (
        "No network address: only this computer can take part",
        "Join a network, or give --public-ip.",
    ),
    "addresses_forwarded": (
        "Announced for media: {addresses}, not an address of this machine",
        "Let the router pass UDP {ports} to this machine.",
    ),
    "addresses_public": (
        "Announced for media: {addresses}, reachable from everywhere",
        "Let the firewall pass UDP {ports}.",
    ),
    "addresses_private": (
        "Announced for media: {addresses}, for people on this network",
        "For people elsewhere, give --public-ip and let the router pass UDP {ports}.",
    ),
    "clock": ("Clock: {now} UTC", ""),
    "clock_alone": (
        "Clock: {now} UTC, but nothing keeps it right",
        "Switch time synchronisation on (timedatectl set-ntp true).",
    ),
    "clock_wrong": ("Clock: {now} UTC cannot be right; certificates will be refused", "Set the clock."),
    "cores": ("Cores: {cores}", ""),
    "cores_one": ("One core: enough for a few people", "Give it two or more for a class."),
    "files": ("Open files: {files} allowed", ""),
    "files_few": ("Open files: {files} allowed; a full house needs {wanted}", "Run: ulimit -n {wanted}"),
    "files_too_few": ("Open files: only {files} allowed", "Run: ulimit -n {wanted}"),
    "signalling": ("Signalling: joined through {url} in {ms} ms", ""),
    "signalling_failed": (
        "Signalling: {url} cannot be joined ({problem})",
        "Look at the name, the firewall and the proxy in front.",
    ),
    "media": ("Media: {address}, UDP {port}, answers in {ms} ms", ""),
    "media_unreached": ("Media: {address}, UDP {port}, does not answer", "Let the firewall pass UDP {port}."),
    "media_unseen_from_here": (
        "Media: {address}, UDP {port}, does not answer from inside; many routers refuse that",
        "Try /test from another network.",
    ),
    "media_unnamed": ("Media: the server announces no address", "Give --public-ip."),
}

FRENCH: Sentences = {
    "title": ("Cette machine peut-elle accueillir des réunions ?", ""),
    "holds": ("Oui : rien ne s'y oppose.", ""),
    "holds_not": ("Pas encore : à corriger d'abord : {failures}, marqué {mark}.", ""),
    "absent": (
        "Aucun Causerie ne tourne ici. Lancez-le et redemandez : on l'essaiera aussi par le réseau.",
        "",
    ),
    "python": ("Python {python}, Causerie {version}, cœur {core}", ""),
    "python_old": ("Python {python} est trop ancien", "Installez Python 3.11 ou plus récent."),
    "port_free": ("{kind} {ports} : libre", ""),
    "port_ours": ("{kind} {ports} : tenu par le Causerie qui tourne", ""),
    "port_taken": (
        "{kind} {ports} : tenu par un autre programme",
        "Arrêtez-le, ou choisissez d'autres ports avec --port et --media-port.",
    ),
    "port_forbidden": (
        "{kind} {ports} : ce compte n'a pas le droit de l'ouvrir",
        "Choisissez des ports au-dessus de 1023.",
    ),
    "datagrams": ("Les datagrammes UDP circulent sur cette machine", ""),
    "datagrams_lost": (
        "Un datagramme UDP envoyé à cette machine n'est pas arrivé",
        "Laissez le pare-feu passer l'UDP sur les ports du média.",
    ),
    "buffers": ("Tampons UDP : {kib} Kio", ""),
    "buffers_small": (
        "Tampons UDP : {kib} Kio sur {enough} ; l'image peut se dégrader dans les grandes réunions",
        "Tapez : sysctl -w net.core.rmem_max={wanted} net.core.wmem_max={wanted}",
    ),
    "segmentation": ("Le noyau découpe lui-même les paquets (GSO)", ""),
    "segmentation_missing": (
        "Le noyau ne découpe pas les paquets (GSO) ; envoyer coûte plus",
        "Pour de grandes réunions, Linux 4.18 ou plus récent.",
    ),
    "certificate_unusable": ("Certificat : {problem}", "Corrigez --cert et --key, ou retirez-les."),
    "certificate_to_come": ("Certificat : pas encore ; le premier démarrage en fait un", ""),
    "certificate_over": (
        "Certificat : il a expiré le {until}",
        "Renouvelez-le ; celui que fait Causerie l'est au redémarrage.",
    ),
    "certificate_ending": ("Certificat : il expire le {until}", "Renouvelez-le, puis redémarrez."),
    "certificate_local": (
        "Certificat : celui de Causerie, pour {names}, jusqu'au {until} ; les navigateurs préviennent",
        "Approuvez-le à l'adresse /ca, ou donnez --cert et --key.",
    ),
    "certificate_own": ("Certificat : le vôtre jusqu'au {until}, pour {names}", ""),
    "certificate_doubted": (
        "Certificat : le vôtre jusqu'au {until}, pour {names}, mais ce système ne l'approuve pas",
        "Mettez toute la chaîne dans --cert, sauf si vos utilisateurs approuvent son émetteur.",
    ),
    "certificate_other_name": (
        "Certificat : il ne nomme pas {host}, par où l'on vient",
        "Prenez-en un pour {host}, ou corrigez --host.",
    ),
    "folder": ("Dossier : {folder}", ""),
    "folder_shut": (
        "Dossier : impossible d'écrire dans {folder}",
        "Donnez-le à ce compte, ou nommez-en un autre avec --data-dir.",
    ),
    "folder_full": ("Dossier : il reste {mib} Mio dans {folder}", "Faites de la place."),
    "folder_open": (
        "Dossier : d'autres comptes de cette machine peuvent lire {folder}",
        "Tapez : chmod 700 {folder}",
    ),
    "addresses_none": (
        "Aucune adresse de réseau : seul cet ordinateur peut participer",
        "Rejoignez un réseau, ou donnez --public-ip.",
    ),
    "addresses_forwarded": (
        "Annoncé pour le média : {addresses}, qui n'est pas une adresse de cette machine",
        "Faites suivre l'UDP {ports} par le routeur vers cette machine.",
    ),
    "addresses_public": (
        "Annoncé pour le média : {addresses}, joignable de partout",
        "Laissez le pare-feu passer l'UDP {ports}.",
    ),
    "addresses_private": (
        "Annoncé pour le média : {addresses}, pour les personnes de ce réseau",
        "Pour les autres, donnez --public-ip et faites suivre l'UDP {ports} par le routeur.",
    ),
    "clock": ("Horloge : {now} UTC", ""),
    "clock_alone": (
        "Horloge : {now} UTC, mais rien ne la tient à l'heure",
        "Activez la synchronisation (timedatectl set-ntp true).",
    ),
    "clock_wrong": (
        "Horloge : {now} UTC est impossible ; les certificats seront refusés",
        "Mettez-la à l'heure.",
    ),
    "cores": ("Cœurs : {cores}", ""),
    "cores_one": ("Un seul cœur : assez pour quelques personnes", "Donnez-en deux ou plus pour une classe."),
    "files": ("Fichiers ouverts : {files} permis", ""),
    "files_few": (
        "Fichiers ouverts : {files} permis ; une salle comble en demande {wanted}",
        "Tapez : ulimit -n {wanted}",
    ),
    "files_too_few": ("Fichiers ouverts : {files} permis seulement", "Tapez : ulimit -n {wanted}"),
    "signalling": ("Signalisation : entré par {url} en {ms} ms", ""),
    "signalling_failed": (
        "Signalisation : impossible d'entrer par {url} ({problem})",
        "Vérifiez le nom, le pare-feu et le mandataire placé devant.",
    ),
    "media": ("Média : {address}, UDP {port}, répond en {ms} ms", ""),
    "media_unreached": (
        "Média : {address}, UDP {port}, ne répond pas",
        "Laissez le pare-feu passer l'UDP {port}.",
    ),
    "media_unseen_from_here": (
        "Média : {address}, UDP {port}, ne répond pas de l'intérieur ; beaucoup de routeurs le refusent",
        "Essayez /test depuis un autre réseau.",
    ),
    "media_unnamed": ("Média : le serveur n'annonce aucune adresse", "Donnez --public-ip."),
}
