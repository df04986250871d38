//! The phrases of [`rules`](super::rules), in seven languages.

/// A rule that is surer than this says so by itself; others only speak to the model.
pub(super) const ALONE: f32 = 0.5;

pub(super) struct Phrase {
    pub name: &'static str,
    /// For a person, after "it": what the text does.
    pub why: &'static str,
    pub score: f32,
    /// Lower case, with ` / ` between them; a pattern begins with one of them.
    pub anchors: &'static str,
    pub pattern: &'static str,
    /// Whether it counts only as an order, and not where somebody tells of it.
    pub an_order: bool,
    pub exact_case: bool,
}

const fn order(
    name: &'static str,
    score: f32,
    why: &'static str,
    anchors: &'static str,
    pattern: &'static str,
) -> Phrase {
    Phrase { name, why, score, anchors, pattern, an_order: true, exact_case: false }
}

const fn mark(
    name: &'static str,
    score: f32,
    why: &'static str,
    anchors: &'static str,
    pattern: &'static str,
) -> Phrase {
    Phrase { name, why, score, anchors, pattern, an_order: false, exact_case: false }
}

const OVERRIDES: &str = "tells its reader to drop earlier instructions";
const ASKS_PROMPT: &str = "asks for the instructions a model was given";
const SECRECY: &str = "asks to keep something from the user";
const ROLE: &str = "gives its reader another role";
const TEMPLATE: &str = "holds marks that only a model's conversation has";
const ADDRESSES: &str = "speaks to a model";
const TASK: &str = "puts another task in the place of the one at hand";

/// How many there are.
pub(super) const COUNT: usize = 39;

pub(super) static PHRASES: [Phrase; COUNT] = [
    order(
        "override",
        0.9,
        OVERRIDES,
        "ignore / disregard / forget / neglect / override / overwrite / bypass / discard / do not follow / don't follow / do not obey / do not listen / don't listen / stop following / pay no attention",
        r"(?:ignore|disregard|forget|neglect|override|overwrite|bypass|discard|(?:do not|don't) (?:follow|obey|listen(?: to)?)|stop following|pay no attention to)(?:(?: about)?~(?:previous|previously|prior|above|earlier|preceding|all|any|your|these|those|initial|original|former|existing|system|safety|given|other)(?:~| )(?:instructions?|prompts?|directions|directives?|guidelines?|commands?|rules|orders|constraints?|restrictions|programming|training|context|information)| (?:instructions|previous prompts?|your (?:instructions|prompts?|rules|guidelines|programming|training)|all (?:previous|prior|above|other)|everything (?:above|before|you (?:were|have been)) (?:told|this|said|that)|(?:the|all|everything) above|what you were told)\b)",
    ),
    order(
        "override_de",
        0.9,
        OVERRIDES,
        "ignorier / missacht / vergiss / vergesst / vergessen sie / befolge",
        r"(?:ignorier\w*|missacht\w*|vergiss|vergesst|vergessen sie|befolgen? (?:sie )?(?:nicht|keine))~(?:(?:vorherig|bisherig|obig|vorig|fruher|vorangegangen|vorhergehend|urspru?nglich|gegeben|all|dein|eur|jeglich|system)\w*(?:~| ))(?:[a-z-]*anweisung\w*|instruktion\w*|vorgabe\w*|regeln|befehl\w*|[a-z-]*prompts?|richtlinie\w*|anordnung\w*)\b",
    ),
    order(
        "override_fr",
        0.9,
        OVERRIDES,
        "ignore / oublie / neglige / ne tiens / ne tenez / ne suis / ne suivez / fais abstraction / faites abstraction / passe outre / passez outre",
        r"(?:ignore[rz]?|oublie[rz]?|neglige[rz]?|ne (?:tiens|tenez)(?: pas| plus)? compte|ne (?:suis|suivez) (?:pas|plus)|(?:fais|faites) abstraction|pass(?:e|ez) outre)~(?:instructions?|consignes?|directives?|regles?)(?: (?:precedente|anterieure|ci|donnee|recue|initiale|du systeme|systeme|au|et|que|plus)\w*)",
    ),
    order(
        "override_es",
        0.9,
        OVERRIDES,
        "ignor / olvid / omit / desatiend / descart / haz caso omiso / haga caso omiso / no hagas caso / no sigas",
        r"(?:ignor(?:a|e|ad|en|ar)|olvid(?:a|e|ad|ar|ate|ese)(?: de)?|omit(?:e|a|ir)|desatiend[ea]|descart[ae]|ha(?:z|ga) caso omiso(?: de| a)?|no hagas caso(?: de| a)?|no sigas)~(?:instrucciones|indicaciones|ordenes|reglas|directrices|directivas)(?: (?:anteriores|previas|precedentes|iniciales|que|del sistema|de arriba|y|recibidas|dadas)\w*)",
    ),
    order(
        "override_es_before",
        0.9,
        OVERRIDES,
        "ignor / olvid",
        r"(?:ignor(?:a|e|ad|en)|olvid(?:a|e|ad))~(?:todas?|anteriores|previas|tus)~?(?: )?(?:instrucciones|ordenes|reglas|directrices)\b",
    ),
    order(
        "override_it",
        0.9,
        OVERRIDES,
        "ignora / ignori / dimentica / dimentichi / trascura / tralascia / non considerare / non seguire",
        r"(?:ignora(?:re|te)?|ignori|dimentica(?:re|te)?|dimentichi|trascura(?:re|te)?|tralascia(?:re|te)?|non (?:considerare|seguire))~(?:istruzioni|direttive|indicazioni|regole|comandi)(?: (?:precedent|fornit|ricevut|inizial|di sistema|del sistema|che|sopra|e|date)\w*)",
    ),
    order(
        "override_it_before",
        0.9,
        OVERRIDES,
        "ignora / dimentica",
        r"(?:ignora|dimentica)(?:te)?~(?:tutte|precedenti|tue)(?:~| )(?:istruzioni|direttive|regole|comandi)\b",
    ),
    order(
        "override_nl",
        0.9,
        OVERRIDES,
        "negeer / vergeet / negeren / sla alle / volg niet",
        r"(?:negeer|vergeet|negeren|sla|volg niet)~(?:(?:vorige|eerdere|voorgaande|bovenstaande|alle|jouw|je|oorspronkelijke|gegeven)(?:~| ))(?:[a-z-]*instructies?|aanwijzingen|opdrachten|regels|richtlijnen|[a-z-]*prompts?|bevelen)\b",
    ),
    order(
        "override_pt",
        0.9,
        OVERRIDES,
        "ignor / esquec / desconsider / desprez",
        r"(?:ignor(?:e|a|em|ar)|esquec(?:a|e|am|er)(?: de)?|desconsider(?:e|a|em|ar)|desprez(?:e|a|ar))~(?:instrucoes|orientacoes|ordens|regras|diretrizes|comandos)(?: (?:anteriores|previas|acima|precedentes|iniciais|que|do sistema|e|dadas|recebidas)\w*)",
    ),
    order(
        "override_pt_before",
        0.9,
        OVERRIDES,
        "ignor / esquec",
        r"(?:ignor(?:e|a)|esquec(?:a|e))~(?:todas|anteriores|suas|tuas)(?:~| )(?:instrucoes|ordens|regras|diretrizes)\b",
    ),
    mark(
        "chat_template",
        0.95,
        TEMPLATE,
        "<| / [inst] / [/inst] / <<sys>> / <</sys>> / <start_of_turn> / <end_of_turn>",
        r"(?:<\|(?:im_start|im_end|system|user|assistant|endoftext|eot_id|start_header_id|end_header_id|begin_of_text|end_of_text|channel|message|tool)\|>|\[/?inst\]|<</?sys>>|<(?:start|end)_of_turn>)",
    ),
    Phrase {
        name: "posing_tag",
        why: "holds a tag that poses as one of the system",
        score: 0.8,
        anchors: "<info / </info / <important / <system / </system / <instruct / <admin / <assistant / <prompt / <secret / [system / [admin / <user_ / <tool_ / <function_",
        pattern: r"(?:</?(?:INFORMATION|IMPORTANT|INSTRUCTIONS?|ADMIN|ASSISTANT|PROMPT|SECRET|SYSTEM)(?:[_\x20-][A-Z_\x20-]{1,30})?>|</?(?:system|assistant|admin)(?:[_-](?:message|prompt|note|instructions?|override|reminder|alert|command))?>|</?(?:instructions|secret_instructions|user_query|user_input|tool_results?|tool_output|tool_response|function_results?)>|\[(?:SYSTEM|ADMIN)(?:[\x20_](?:MESSAGE|PROMPT|NOTE|NOTICE|INSTRUCTIONS?|OVERRIDE|ALERT))?\]|\[system[\x20_#](?:message|prompt|instructions?|override|note)\])",
        an_order: false,
        exact_case: true,
    },
    mark(
        "posing_heading",
        0.7,
        "holds a heading that poses as one of the system",
        "### / --- / === / %%% / *** / <<< / >>> / end of / begin ",
        r"(?:#{3,}\x20*(?:system|instructions?|assistant|new instructions?|system (?:prompt|message|override))\x20*:|[-=#%*<>]{3,}\x20*(?:end|begin|start)(?: of)?(?: the)? (?:system|user|prompts?|instructions?|context|tool|conversation|untrusted)\b|(?:end of|begin) (?:system (?:prompt|message)|untrusted|user input|tool output)\b)",
    ),
    order(
        "reveal_prompt",
        0.85,
        ASKS_PROMPT,
        "reveal / show / print / repeat / output / display / tell / give / leak / disclose / share / write / recite / dump / what is / what are / what was / what were / send / return / summarize / translate / include / paste",
        r"(?:(?:reveal|show|print|repeat|output|display|tell|give|leak|disclose|share|write(?: out| down)?|recite|dump|what (?:is|are|was|were)|send|return|summarize|translate|include|paste)~?(?: )?(?:(?:system|hidden|secret|initial|original) (?:prompts?|instructions?)|your (?:own |full |exact |complete |entire |internal )?(?:(?:system|initial|original|hidden|secret|internal|full|exact) )?(?:prompts?|programming|system message)\b|your (?:system|initial|original|hidden|secret|internal) (?:instructions?|rules|guidelines))|(?:reveal|repeat|print|output|leak|recite|dump|disclose)~(?:your instructions|(?:previous|prior|above|preceding|all|given)(?: your| the)? (?:instructions?|prompts?)|instructions (?:above|given|you (?:were|have)))|(?:reveal|repeat|print|output) (?:the )?(?:text|words|everything) above\b|output (?:previous|prior|all) (?:instructions|prompts?))",
    ),
    order(
        "reveal_prompt_more",
        0.85,
        ASKS_PROMPT,
        "zeig / verrat / nenne / gib  / wiederhol / montre / revele / affiche / repete / donne / muestra / revela / repite / dime / imprime / mostra / rivela / ripeti / dimmi / stampa / toon / onthul / herhaal / geef / mostre / revele / repita / diga / exiba",
        r"(?:zeig\w*|verrat\w*|nenne\w*|gib|wiederhol\w*|montre[zr]?|revele[zr]?|affiche[zr]?|repete[zr]?|donne[zr]?(?: moi)?|muestra(?:me)?|revela(?:me)?|repite|dime|imprime|mostra(?:mi)?|rivela(?:mi)?|ripeti|dimmi|stampa|toon|onthul|herhaal|geef|mostre|revele|repita|diga|exiba)~(?:system-?prompts?|systemanweisung\w*|systeem-?prompts?|systeeminstructies?|(?:dein|ihr|euer)\w* (?:geheim\w* |intern\w* |ursprunglich\w* |versteckt\w* )?(?:anweisungen|instruktionen|prompts?)|(?:prompt|instructions|consignes) (?:du |de )?(?:systeme|initiale?s?|secretes?|cachees?)|prompt (?:du |de )?(?:systeme|initial)|prompt d[eo]l? sistema|(?:instrucciones|istruzioni|instrucoes) (?:del? |do |di )?(?:sistema|ocultas|secretas|iniciales|segrete|nascoste|iniziali|internas|iniciais)|prompt di sistema|prompt (?:inicial|iniziale)|(?:jouw|je) (?:geheime |interne |verborgen )?(?:instructies|prompt))",
    ),
    mark(
        "system_prompt",
        0.3,
        "speaks of a system prompt",
        "system prompt / system message / systemprompt / prompt systeme / prompt del sistema / prompt di sistema / prompt do sistema / systeemprompt / system-prompt",
        r"[a-z]+[\x20-]?[a-z]*[\x20-]?[a-z]*",
    ),
    mark(
        "role",
        0.7,
        ROLE,
        "you are now / from now on / you will be called / you are no longer / you are going to / enter  / activate / enable / switch / dan mode / do anything now / act as / behave as / respond as / simulate / imagine you are",
        r"(?:you are now (?:dan\b|called|an? (?:unrestricted|unfiltered|evil|rogue|different|new|hacked|jailbroken|uncensored)|in (?:\w+ )?mode|free (?:from|of)|acting as|going to (?:act|be|play|pretend))|you(?: are|'re) no longer (?:an? |bound|restricted|limited|required to)|from now on,? ?(?:you (?:are going to|will|must|shall|should) (?:act|be|respond|answer|reply|pretend|play|speak|only|ignore|obey|follow)|you (?:respond|reply|answer|act|speak|obey)|(?:respond|reply|act|speak|behave|pretend)\b|answer (?:only|as|every|all))|you will be called \w+ from|you are going to (?:act as|pretend|play the role|immerse)|(?:enter|activate|enable|switch(?: to| into)?) (?:\w+ )?(?:dan|jailbreak|god|unrestricted|unfiltered|sudo|uncensored) mode|dan mode|do anything now|(?:act|behave|respond) as (?:if you (?:were|are|have) (?:no|not|free|un\w+)|an? (?:unrestricted|unfiltered|uncensored|evil|amoral|rogue|jailbroken))|(?:simulate|imagine you are) an? (?:unrestricted|rogue|evil|uncensored|unfiltered|amoral|jailbroken) )",
    ),
    mark(
        "role_weak",
        0.25,
        ROLE,
        "you are now / pretend / act as / act like / roleplay as / you are special / you are a / you are the / imagine you / simulate / immerse yourself / stay in character / breaking character / break character",
        r"[a-z]+[\x20-]?[a-z]*",
    ),
    mark(
        "role_more",
        0.7,
        ROLE,
        "du bist jetzt / du bist nun / ab jetzt / ab sofort bist du / von nun an / tu es maintenant / vous etes maintenant / a partir de maintenant / desormais / ahora eres / a partir de ahora / ora sei / adesso sei / da ora in poi / d'ora in poi / je bent nu / vanaf nu / agora voce e / a partir de agora / de agora em diante",
        r"(?:du bist (?:jetzt|nun) (?:ein|eine|kein|der|die|im|frei)\w*|(?:ab jetzt|von nun an) (?:bist du|antworte\w*|handle|verhalt|agierst|sprichst) |ab sofort bist du|tu es maintenant (?:un|une|en|dan|libre)\b|vous etes maintenant (?:un|une) (?:ia|assistant|modele|robot|expert)|(?:a partir de maintenant|desormais),? ?(?:tu (?:es|vas|dois|agis|reponds)|reponds|agis|vous (?:agirez|repondrez))|ahora eres (?:un|una|dan|libre)\b|a partir de ahora,? ?(?:eres|responde|actua|vas a|debes|seras)|(?:ora|adesso) sei (?:un|una|un'|libero|dan)\b|d(?:a |')ora in poi,? ?(?:sei|rispondi|agisci|devi|sarai)|je bent nu (?:een|dan|vrij|niet langer)|vanaf nu (?:ben je|antwoord je|reageer|gedraag|moet je)|agora voce e (?:um|uma|o|a|dan|livre)\b|(?:a partir de agora|de agora em diante),? ?(?:voce (?:e|vai|deve|sera|age)|responda|aja|seja))",
    ),
    mark(
        "no_limits",
        0.5,
        "says that its reader has no limits",
        "no ethical / no moral / without ethic / without any restric / without any filter / without restrict / free of all / free from all / not bound by / no restrictions / not limited by / broken free / can do anything / can override / does not follow any / generate any content / anything and everything",
        r"(?:no ethical (?:or|and|guidelines|standards|restrict\w*)|no moral (?:or|and|compass|guidelines|standards)|without ethics (?:respond|answer)|without any (?:restrictions or|filters?|restrictions (?:on|whatso))|without restrictions or|free (?:of|from) all (?:restrictions|filters|limit|rules)|not bound by (?:any|the|rules|ethic)|no restrictions or (?:filters|limit|guide)|not limited by what an? ai|broken free (?:of|from) the|can do anything (?:now|and)|can override (?:the|any|all)|does not follow any (?:rules|guide)|generate any content)",
    ),
    order(
        "hide_from_user",
        0.7,
        SECRECY,
        "do not / don't / never / without",
        r"(?:do not|don't|never|without)(?: ever| also)? (?:tell|telling|inform|informing|mention|mentioning|notify|notifying|alert|alerting|reveal|revealing|disclose|show|let)(?: this| it| that| anything| any of this| about this| about it)?(?: to)?(?: the)? (?:users?|humans?|operators?|reviewers?|end user)\b",
    ),
    order(
        "hide_this",
        0.4,
        SECRECY,
        "do not mention / don't mention / do not reveal / do not tell / don't tell / secretly / without mentioning / keep this hidden / without their knowledge / without the customer",
        r"[a-z']+\x20?[a-z]*",
    ),
    mark(
        "hide_from_user_more",
        0.7,
        SECRECY,
        "sag / teil / informier / ne dis / ne dites / n'informe / ne mentionne / sans le dire / sans informer / sans en informer / no le digas / no se lo / no digas / no informes / no menciones / sin decir / sin informar / non dire / non dirlo / non informare / non menzionare / senza dir / senza informare / vertel / zonder / nao diga / nao conte / nao informe / nao mencione / sem avisar / sem informar / erwahne / ohne",
        r"(?:(?:sage?n?|teile?n?|erwahnen?|informieren?)(?: \w+){0,4} (?:benutzer|nutzer|anwender)n? (?:\w+ ){0,3}(?:nicht|nichts)|(?:sage?n?|erwahnen?) (?:es |das |dies )?(?:gegenuber )?dem (?:benutzer|nutzer) nicht|ohne (?:\w+ ){0,3}(?:benutzer|nutzer) (?:\w+ ){0,2}(?:zu (?:informieren|sagen)|davon)|(?:ne (?:dis|dites|mentionnez?)|n'informez?|sans (?:le dire|en informer|informer))(?: \w+){0,4} (?:a )?(?:l'utilisateur|aux utilisateurs|l'usager)|(?:no (?:le |se lo )?(?:digas|informes|menciones)|sin (?:decirselo|decirle|decir|informar))(?: \w+){0,4} (?:al|el) usuario|(?:non (?:dire|dirlo|informare|menzionare)|senza (?:dirlo|dire|informare))(?: \w+){0,3} (?:al)?l'utente|vertel(?: \w+){0,5} gebruiker (?:\w+ ){0,2}(?:niets?|niet)|zonder (?:\w+ ){0,3}gebruiker (?:\w+ ){0,2}(?:te|in te)|(?:nao (?:diga|conte|informe|mencione)|sem (?:avisar|informar))(?: \w+){0,4} (?:ao|o) (?:usuario|utilizador))",
    ),
    mark(
        "to_a_model",
        0.75,
        ADDRESSES,
        "note / message / attention / important / instruction / reminder / notice / to you, / dear ai / if you are / if you're / when you / when the / when an / hinweis / anweisung / note a / nota / an die ki / opmerking / instructie / para o assistente / attention ai / all ai",
        r"(?:(?:note|message|attention|important|instructions?|reminder|notice)(?:[^\w]{1,4}(?:from \w+ )?(?:for|to|intended for)? ?(?:any |all |the |every |our )?)(?:ai\b|llms?\b|language models?|large language|ai (?:assistants?|agents?|models?|systems?)|chatgpt|claude\b|gemini\b|automated (?:assistants?|agents?))|to you,? (?:the )?(?:ai\b|assistant\b|llm|language model)|dear ai\b|attention ai\b|all ai (?:assistants|agents|models)|if you(?: are|'re) (?:an? )?(?:ai\b|llm\b|language model|large language|ai (?:assistant|agent|model)|bot reading|assistant reading|an automated)|when (?:you|the (?:ai|assistant|model|llm)|an? (?:ai|llm|assistant|model)) (?:read|process|summari[sz]e|see|analy[sz]e|parse)s? (?:this|the following)|(?:hinweis|anweisung(?:en)?) (?:an|fur) (?:die |den |das |alle )?(?:ki\b|ki-\w+|sprachmodelle?|assistenten)|an die ki\b|note a (?:l'attention de )?(?:l')?(?:ia\b|assistant)|nota (?:para|per|a) (?:la |el |l'|o |a )?(?:ia\b|intelligenza|asistente|assistente|inteligencia)|(?:opmerking|instructie)s? (?:voor|aan) (?:de )?(?:ai\b|ai-\w+|taalmodel|assistent))",
    ),
    mark(
        "as_a_model",
        0.3,
        ADDRESSES,
        "as an ai / ai assistant / ai model / language model / chatgpt / openai / gpt- / llm / ai language / gandalf / ki-assistent / sprachmodell / modele de langage / modelo de lenguaje / modello linguistico / taalmodel / modelo de linguagem",
        r"[a-z-]+",
    ),
    mark(
        "instead",
        0.65,
        TASK,
        "do the following / the task / before you / instead of answer / instead of summar / instead of follow / instead of complet / new instruction / new task / new directive / updated instruction / your new / your real / your actual / your true / your only / following instruction / stop what you / neue anweisung / neue aufgabe / deine neue / nouvelle instruction / nouvelles instruction / ta nouvelle / nueva instruccion / nuevas instruccion / tu nueva / nuova istruzione / nuove istruzioni / il tuo nuovo / nieuwe instructie / je nieuwe / nova instrucao / novas instrucoes / sua nova / strictly adhere / follow my / obey",
        r"(?:do the following (?:instead|first)|the task(?: that)? i gave you|before you can (?:solve|do|complete|finish|answer|continue|proceed)|instead of (?:answering|summari[sz]ing|following|completing) (?:the|your|this|his|her|their|user)|(?:new|updated) (?:instructions?|tasks?|directives?) ?:|your (?:new|real|actual|true|only) (?:task|instructions?|goal|objective|purpose|job|mission|directive) (?:is|are)\b|stop what you(?: are|'re) doing and|neue (?:anweisung(?:en)?|aufgabe) ?:|deine neue (?:aufgabe|rolle) (?:ist|lautet)|nouvelles? instructions? ?:|ta nouvelle (?:tache|mission) est|nuevas? instruccion(?:es)? ?:|tu nueva (?:tarea|mision) es|nuov[ae] istruzion[ei] ?:|il tuo nuovo compito e|nieuwe instructies? ?:|je nieuwe (?:taak|opdracht) is|novas? instruc(?:ao|oes) ?:|sua nova (?:tarefa|missao) e|strictly adhere to the following|obey (?:these|this|the following|all|my) (?:instructions?|commands?|orders))",
    ),
    order(
        "your_answer_becomes",
        0.6,
        "says in what form a model should answer",
        "encode / translate / reverse / scramble / rearrange / anagram / misspell / render / convert / jumble / rewrite / rephrase / obfuscate / cipher / encrypt / respond in / reply in / answer in / respond only / write your / provide your / present your / express your / deliver your / format your / display your / give your / spell your / substitute / replace",
        r"(?:(?:encode|translate|reverse|scramble|rearrange|anagram|misspell|render|convert|jumble|obfuscate|cipher|encrypt|spell|substitute|replace)(?:~| )your (?:entire |whole |full |final |next )?(?:response|reply|answer|output|message)s?\b|(?:rewrite|rephrase|write|provide|present|express|deliver|format|display|give) your (?:entire |whole |full |final |next )?(?:response|reply|answer|output|message)s? (?:backwards?\b|in (?:base ?\d+|reverse|hex\w*|binary|morse|rot ?13|caesar|\w+ (?:encoding|cipher|code)|emojis?\b|anagram\w*|reversed)|as (?:base|hex|binary|morse|an anagram)|using (?:base|hex|binary|emoji|alphanumeric|\w+ (?:substitution|cipher|encoding|code))|with (?:intentional|random) )|respond only (?:in|with)\b)",
    ),
    order(
        "your_answer_says",
        0.3,
        "says what a model's answer should hold",
        "in your response / in your answer / in your reply / to your response / to your answer / to your reply / your response / your answer / your reply / your message / your explanation / your elucidation / your implementation / your solution / your output / your codebase / your code",
        r"[a-z]+ ?[a-z]*",
    ),
    order(
        "change_answer",
        0.55,
        "says what a model's answer should hold",
        "modify your / augment your / enhance your / enrich your / embellish your / supplement your / extend your / alter your / adjust your / expand your / in your response, / in your answer, / in your reply,",
        r"(?:(?:modify|augment|enhance|enrich|embellish|supplement|extend|alter|adjust|expand) your (?:response|reply|answer|output)s?\b|in your (?:response|answer|reply), ?(?:suggest|mention|tease|recommend|include|add|encourage|promote|refer|link|direct|claim|state|urge|insert|hint|advertise|highlight))",
    ),
    order(
        "send_away",
        0.35,
        "asks to send data away",
        "send / forward / email / e-mail / mail  / post  / upload / transmit / exfiltrate / submit / share / concatenate",
        r"(?:send|forward|e-?mail|mail|post|upload|transmit|exfiltrate|submit|share|concatenate)~?(?: )?(?:all|every|contents?|content|body|conversation|history|credentials|api keys?|passwords?|tokens?|secrets?|credit card|passport|personal|customer|user|security code|messages|files|records|inbox|database)\b",
    ),
    order(
        "image_carries",
        0.65,
        "holds a picture whose address takes data along",
        "![",
        r"!\[[^\]\n]{0,80}\]\([^)\s]{0,120}[?&/=](?:[^)\s]{0,60}=)?(?:\{|\[|<|%7b|data\b|secret|base64|conversation|summary|history|prompt)",
    ),
    order(
        "tool_poison",
        0.7,
        "asks to read keys or settings of the machine",
        "read / cat  / access / open / load / include / pass / send / upload / copy / print",
        r"(?:read|cat|access|open|load|include|pass|send|upload|copy|print)[^\n]{1,40}(?:\x7E|/home/\w+|/root|/etc|\$home)?/?\.?(?:ssh/(?:id_|config)|id_rsa|cursor/mcp\.json|mcp\.json|aws/credentials|/etc/passwd|/etc/shadow|kube/config)",
    ),
    mark(
        "claims_approval",
        0.35,
        "claims that somebody has approved it already",
        "already approved / pre-approved / preapproved / already authorized / already authorised / approved by / authorized by / authorised by / been approved / been authorized / without asking / without approval / without confirmation / without review / no approval / skip the / as administrator / admin override / system override / without further / bereits genehmigt / ohne ruckfrage / deja approuve / sans demander / ya aprobado / sin preguntar / gia approvato / senza chiedere / al goedgekeurd / zonder te vragen / ja aprovado / sem perguntar",
        r"[a-z-]+ ?[a-z]*",
    ),
    order(
        "approve_now",
        0.6,
        "asks to let something pass that a person decides",
        "approve / issue / grant / authorize / authorise / refund / mark this / classify this / escalate nothing / close this ticket",
        r"(?:(?:approve|issue|grant|authori[sz]e)~(?:refund|payment|request|credit|discount|access|action|call|order)s?(?:~| )(?:without (?:asking|approval|review|confirmation|human|checking|any|a |waiting)|automatically and|regardless)|(?:mark|classify) this (?:\w+ )?as (?:safe|approved|trusted|resolved|verified)(?: and|,))",
    ),
    order(
        "run_code",
        0.45,
        "asks to put code into an answer",
        "include the / integrat / incorporat / insert / embed / add the following code / employ the following code / utilize the following code / use the following code / the following code / code snippet / subsequent code / below code",
        r"(?:(?:include|integrat\w+|incorporat\w+|insert\w*|embed\w*|employ|utilize|add)~?(?: )?(?:following|subsequent|below) code\b|(?:following|subsequent|below) code (?:snippet|block|section|excerpt|segment)|the following code|code snippet)",
    ),
    mark(
        "urgent_mark",
        0.3,
        "calls for attention as a notice of the system would",
        "important!! / todo: / system: / system message / urgent: / attention: / admin: / instruction: / instructions: / important: / task:",
        r"[a-z\x20]+[:!]*",
    ),
    order(
        "call_tool",
        0.4,
        "tells its reader to use a tool",
        "call the / use the / invoke / before using / before calling / must first call / always call / run the",
        r"(?:call|use|invoke|before (?:using|calling)|must first call|always call|run)~?(?: )?(?:tools?|functions?)\b",
    ),
    order(
        "secret_word",
        0.4,
        "asks for a secret that a model keeps",
        "secret word / secret password / the password / secret key / told not to / instructed to not / instructed not",
        r"(?:secret (?:word|password|key)|the password|told not to (?:reveal|tell|share|say)|instructed (?:to not|not to))",
    ),
    order(
        "follow_mine",
        0.35,
        OVERRIDES,
        "override / disregard / ignore",
        r"(?:override|disregard|ignore) (?:the |any |all |your |our )?(?:policy|policies|user|customer|safety|security|approval|limits?|restrictions?|ethical|filters?|content|restrictions?)\b",
    ),
];
