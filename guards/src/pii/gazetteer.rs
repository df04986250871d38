//! Which words are names of people, which are ordinary words, and which are both.
//!
//! Names come from the lists that `fake` carries for a dozen languages, and from a short list here
//! for those it lacks. A name that is also an ordinary word or a place counts only with more beside
//! it.

use fake::locales::{CY_GB, DE_DE, Data, EN, FR_FR, IT_IT, NL_NL, PT_BR, PT_PT, TR_TR};
use rustc_hash::FxHashMap;

use super::fold::Folded;

pub(crate) const FIRST: u8 = 1;
pub(crate) const LAST: u8 = 2;
/// Also an ordinary word or a place.
pub(crate) const COMMON: u8 = 4;
/// No name at all, whatever list it stands in.
pub(crate) const NEVER: u8 = 8;

/// Longer words are in no list.
const MAX_NAME: usize = 24;

pub(crate) struct Gazetteer {
    words: FxHashMap<Box<[u8]>, u8>,
}

impl Gazetteer {
    pub fn new() -> Self {
        let mut gazetteer = Self { words: FxHashMap::default() };
        fn of<L: Data + Copy>(_: L, into: &mut Gazetteer) {
            for (list, flag) in [(L::NAME_FIRST_NAME, FIRST), (L::NAME_LAST_NAME, LAST)] {
                list.iter().for_each(|name| into.add(name, flag));
            }
        }
        of(EN, &mut gazetteer);
        of(FR_FR, &mut gazetteer);
        of(DE_DE, &mut gazetteer);
        of(IT_IT, &mut gazetteer);
        of(NL_NL, &mut gazetteer);
        of(PT_BR, &mut gazetteer);
        of(PT_PT, &mut gazetteer);
        of(TR_TR, &mut gazetteer);
        of(CY_GB, &mut gazetteer);
        for (list, flag) in [(MORE_FIRST, FIRST), (MORE_LAST, LAST), (ALSO_WORDS, COMMON), (NO_NAMES, NEVER)]
        {
            list.split_whitespace().for_each(|word| gazetteer.add(word, flag));
        }
        gazetteer
    }

    fn add(&mut self, name: &str, flag: u8) {
        let folded = Folded::of(name).text.to_ascii_lowercase();
        // Names of two words are met word by word.
        for word in folded.split([' ', '-', '\'']) {
            if (2..=MAX_NAME).contains(&word.len()) && word.is_ascii() {
                *self.words.entry(word.as_bytes().into()).or_default() |= flag;
            }
        }
    }

    /// What is known of a word, in any case.
    pub fn look_up(&self, word: &[u8]) -> u8 {
        let mut small = [0; MAX_NAME];
        let Some(small) = small.get_mut(..word.len()) else { return 0 };
        small.copy_from_slice(word);
        small.make_ascii_lowercase();
        self.words.get(&*small).copied().unwrap_or(0)
    }
}

/// Names of countries whose lists are missing above, and short forms.
const MORE_FIRST: &str = "
    Aarav Abdul Abena Aditi Agnieszka Ahmet Aiko Ajay Akira Aleksander Aleksandra Alejandro Alexei Amit Ananya Anders
    Andrei Andrzej Anil Anja Ankit Annika Antti Arash Arjun Arun Asif Astrid Ayesha Ayumi Babak Bashir Beata Bjorn
    Blessing Bogdan Boris Camilla Catalin Chidi Chinedu Chloe Ciaran Cillian Cristina Dagmar Danuta Daria Darya Deepa
    Deepak Dimitri Divya Dmitri Dorota Ebru Eero Ekaterina Elena Elif Emeka Emre Erik Esra Eun Ewa Faisal Farah Farid
    Fatima Fatma Feng Filip Fiona Freya Funmi Ganesh Gintaras Giorgi Goran Gosia Grzegorz Gudrun Gunnar Habib Haruka
    Haruto Hassan Helga Henrik Hideo Hiroshi Huda Hussein Ibrahim Igor Ilya Imran Inga Ingrid Irina Ivan Ivana Ivo Jakub
    Jamal Jan Janek Jarek Javier Jesper Jiri Joao Johan Jorge Jose Juan Juha Jun Jurgen Kamal Karim Karin Karolina
    Katarzyna Katerina Kateryna Kavita Kenji Khadija Khalid Kiran Kirsten Kofi Krishna Krystyna Krzysztof Kwame Lakshmi
    Lars Latifa Leila Lena Lidia Linh Liu Ljubica Lukasz Luis Maciej Magda Magdalena Magnus Mahmoud Makoto Malgorzata
    Manish Manoj Marek Maria Marija Mariam Marta Matti Mehmet Mei Meera Mehdi Mihai Mikko Mila Milan Milos Ming Mirko
    Mohan Monika Moritz Mustafa Nadia Naoko Narendra Natalya Nguyen Ngozi Nikhil Nikolai Nikos Nina Noor Olga Oksana
    Olena Olu Oluwaseun Omar Osman Oyvind Paolo Pavel Pawel Pedro Pekka Petra Petr Piotr Pooja Pradeep Prakash Priya
    Radek Rafal Raj Rajesh Rakesh Ramesh Rania Rashid Ravi Reza Rohan Rohit Sachin Sadia Sakura Salim Samina Sandeep
    Sanjay Sara Satoshi Seung Shankar Shreya Siddharth Simona Siobhan Slavica Sunil Sunita Suresh Svetlana Swati Sylwia
    Takashi Takeshi Tamar Tariq Tatiana Thabo Thandiwe Thanh Tomasz Tomoko Tove Tunde Ulrike Uma Usha Vaclav Valentina
    Vasile Venkat Vijay Vikram Viktor Vinod Vishal Vladimir Wei Wojciech Xavier Xiao Yael Yan Yasmin Yosef Youssef Yuki
    Yulia Yuri Yusuf Zainab Zbigniew Zeynep Zofia Zoltan Zsofia Liam Aoife Niamh Oisin Sinead Tyler Jayden Noah Olivia
    Emma Sophie Lucas Hugo Ines Lea Manon Louis Mathis Finn Lukas Leonie Mia Jonas Paul Anke Heike Uwe Wolfgang Dieter
    Sergio Pilar Rocio Alvaro Gonzalo Beatriz Raquel Nuria Chiara Giulia Matteo Luca Federica Alessio Sanne Daan Bram
    Lotte Femke Joost Mark Matt Mike Dave Steve Chris Josh Kate Katie Jen Jenny Liz Beth Meg Sue Tom Tim Jim Joe Sam
    Dan Ben Greg Jeff Andy Tony Ron Ken Doug Phil Pete Nate Zach Alexandra Alexander Sarah Emily Megan Laura Rachel Ronald
    Kenneth Kevin Edward Jason Timothy Jeffrey Jacob Eric Jonathan Justin Scott Brandon Samuel Frank Gregory Raymond Joshua
    Jerry Dennis Tyler Henry Nathan Douglas Zachary Kyle Walter Ethan Jeremy Harold Keith Roger Gerald Sean Austin Carl
    Arthur Lawrence Dylan Jesse Bryan Joe Billy Bruce Albert Willie Gabriel Logan Alan Juan Wayne Roy Ralph Randy Eugene
    Vincent Russell Elijah Louis Bobby Philip Johnny Mary Patricia Jennifer Linda Elizabeth Barbara Susan Jessica Karen
    Nancy Lisa Betty Margaret Sandra Ashley Kimberly Donna Michelle Carol Amanda Dorothy Melissa Deborah Stephanie Rebecca
    Sharon Cynthia Kathleen Amy Angela Shirley Anna Brenda Pamela Nicole Helen Samantha Katherine Christine Debra Carolyn
    Janet Catherine Maria Heather Diane Ruth Julie Joyce Virginia Victoria Kelly Lauren Christina Joan Evelyn Judith Andrea
    Hannah Cheryl Jacqueline Martha Gloria Teresa Ann Sara Madison Frances Kathryn Janice Jean Abigail Alice Judy Grace
    Amber Denise Marilyn Danielle Theresa Beverly Diana Brittany Natalie Kayla Alexis Lori Harry Oscar George Archie Freddie
    Theo Alfie Charlie Isla Poppy Freya Evie Nigel Gareth Graham Trevor Clive Hugh Ewan Callum Alasdair Rhys Dafydd Gwen
    Bronwen Declan Padraig Eoghan Sven Torsten Jurgen Gunther Ute Sabine Birgit Silke Katrin Stefan Matthias Tobias Florian
    Sebastian Dominik Philipp Benedikt Thierry Guillaume Benoit Mathieu Aurelie Celine Delphine Sylvie Veronique Brigitte
    Francois Jacques Pascal Gilles Laurent Olivier Giovanni Giuseppe Salvatore Francesca Valeria Silvia Elisabetta Stefano
    Lorenzo Davide Riccardo Carlos Miguel Javier Diego Fernando Ricardo Eduardo Roberto Lucia Carmen Dolores Mercedes Esther
    Ignacio Santiago Andres Esteban Guillermo Ramon Xiomara Yolanda Thiago Mateus Joaquim Tiago Rui Duarte Beatrix Willem
    Pieter Hendrik Marieke Saskia Maarten Jeroen Kees Ruud Wouter Anneke Marijke Kjell Leif Torbjorn Solveig Ragnhild Sigrid
    Aino Eino Jukka Kari Timo Sari Paivi Marja Veikko Laszlo Istvan Gabor Ferenc Attila Balazs Katalin Erzsebet Ildiko
    Radoslav Stanislav Miroslav Jaroslav Vlasta Zdenek Lubos Ondrej Tereza Ludmila Dusan Zoran Dragan Nenad Jelena Milica
    Marko Nikola Luka Stevan Konstantinos Georgios Dimitris Eleni Vasiliki Yiannis Spyros Nikolaos Mihail Ionut Gheorghe
    Ioana Andreea Krasimir Plamen Todor Svetla Taras Bohdan Yaroslav Roksolana Gennady Evgeny Anatoly Sergei Natalia
    Ramzi Walid Nabil Samir Layla Leyla Zahra Nasser Khadijah Amira Yara Hamza Bilal Tamer Hany Mona Rasha Dalia";

const MORE_LAST: &str = "
    Abdullah Adeyemi Agarwal Ahmed Akhtar Alexandrov Ali Almeida Alvarez Andersen Andersson Ansari Antonov Arora Aydin
    Bakker Banerjee Barbosa Begum Berg Bhatt Bianchi Bjork Blanco Boateng Bogdanov Bondarenko Bosch Botha Carvalho
    Castillo Castro Celik Chan Chang Chatterjee Chaudhary Chavez Chen Cheng Chopra Chowdhury Chung Cohen Colombo Contreras
    Costa Cruz Czarnecki Dahl Das Demir Deshmukh Diaz Diop Dlamini Dubois Dupont Eriksson Espinoza Fernandes Fernandez
    Ferrari Ferreira Fischer Flores Fofana Fontana Forsberg Fournier Friedman Fujita Garcia Ghosh Girard Goldberg Gomes
    Gomez Gonzalez Greco Grigoryan Guerrero Gupta Gustafsson Gutierrez Haddad Hakimi Halvorsen Hashimoto Hassan Hernandez
    Herrera Hoang Hofmann Horvat Horvath Huang Hussain Ibrahim Inoue Isaksson Ito Ivanov Ivanova Iyer Jain Jansen Jansson
    Jensen Jimenez Johansen Johansson Joshi Kaczmarek Kamau Kaplan Kapoor Karlsson Kato Kaur Khan Kim Kimura Kobayashi
    Koroma Kovac Kovacs Kovalenko Kowalczyk Kowalski Kozlov Kravchenko Kristiansen Krishnan Kruger Kumar Kuznetsov Larsen
    Larsson Laurent Lebedev Lee Lefebvre Leroy Lewandowski Li Lim Lin Liu Lombardi Lopez Ma Magnusson Maier Malik Marino
    Martin Martinez Martins Mbeki Mehta Mendoza Menon Meyer Mishra Moller Molina Moreau Moreno Moretti Mukherjee Muller
    Mwangi Nagy Naidoo Nair Nakamura Navarro Ndlovu Nelson Nguyen Nielsen Nikolaev Nilsson Novak Nowak Nunez Nwosu Obi
    Okafor Okeke Oliveira Olsen Olsson Omar Ortega Osei Ozturk Pandey Papadopoulos Park Patel Patil Pavlov Pedersen Pena
    Pereira Perera Perez Petersen Petersson Petrov Petrovic Pham Phan Pillai Pinto Popa Popescu Popov Prakash Qureshi
    Rahman Ramirez Ramos Rao Rasmussen Reddy Reyes Ricci Riccardi Rios Rivera Roberts Robinson Rodrigues Rojas Romano Romero
    Rossi Rousseau Roy Ruiz Russo Saito Salazar Sanchez Santos Sato Schafer Schmid Schulz Schwarz Sharma Shah Shevchenko
    Shimizu Shrestha Siddiqui Silva Singh Sithole Smirnov Soares Sokolov Solberg Sorensen Soto Sousa Stewart Suarez Suzuki
    Svensson Szabo Takahashi Tan Tanaka Taylor Thomas Thomsen Tkachenko Torres Toth Tran Vargas Varga Vasquez Vega Virtanen
    Visser Vogel Volkov Wagner Wang Watanabe Wilson Wojcik Wong Wozniak Wu Xu Yamada Yamamoto Yang Yilmaz Yoshida Zhang
    Zhao Zhou Zhu Zielinski Zimmermann Anderson Bennett Campbell Clarke Cooper Davies Smith
    Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez White Harris Clark Walker Hall Young King Wright Hill
    Green Adams Baker Nelson Carter Mitchell Turner Collins Stewart Cook Bailey Reed Howard Ward Gray James Watson Brooks
    Sanders Price Wood Barnes Ross Henderson Coleman Jenkins Perry Powell Long Butler Foster Gonzales Bryant Russell Griffin
    Hayes Myers Ford Graham Wallace Woods Cole West Jordan Owens Reynolds Ellis Gibson McDonald Marshall Gomez Murray Freeman
    Wells Webb Tucker Porter Hunter Hicks Crawford Boyd Mason Kennedy Warren Dixon Ramos Burns Gordon Shaw Holmes Rice
    Robertson Hunt Black Daniels Palmer Mills Nichols Grant Knight Ferguson Rose Stone Hawkins Dunn Perkins Hudson Spencer
    Gardner Stephens Pierce Berry Matthews Arnold Wagner Willis Ray Watkins Olson Carroll Duncan Snyder Hart Cunningham
    Bradley Lane Andrews Harper Fox Riley Armstrong Carpenter Weaver Greene Lawrence Elliott Sims Austin Peters Kelley
    Franklin Lawson Fields Ryan Schmidt Carr Wheeler Chapman Oliver Montgomery Bishop Meyer Fuller Jacobs Lynch Dean
    Gilbert Garrett Welch Larson Frazier Burke Hanson Day Moreno Bowman Fowler Davies Edwards Evans Fraser Gallagher
    Hughes Kelly Kennedy Lewis MacDonald Martinez McCarthy Moore Morgan Morris Murray O'Brien O'Connor O'Neill O'Sullivan
    Parker Phillips Reid Richardson Rogers Scott Simpson Thompson Watson Wright Allen Harrison Hamilton Henderson Jackson
    Patterson Peterson Sanders Simmons Sullivan Wallace Washington Payne";

/// Names that are ordinary words or places as well.
const ALSO_WORDS: &str = "
    Ace Amber America Angel Apple April Arch Archer Art Asia August Austin Autumn Ave Baby Bailey Baker Banks Baron Bay
    Beau Bell Berry Bill Bishop Black Blaze Block Blue Bob Bond Booker Borer Boston Branch Brand Brook Brooklyn Brooks Brown
    Buck Bud Buddy Bush Buster Butler Camden Candy Carolina Carter Case Cash Chance Chase Chelsea Cherry China Christian
    Church Citrus Clay Cliff Clinton Coach Cole Colt Columbus Cook Cooper Coral Cotton Court Crew Cross Crystal Cruz Daily
    Daisy Dakota Dale Dallas Dare Dawn Day Dean Delta Denver Diamond Dick Dock Dolly Don Drake Drew Duke Dusty Earl Early
    Easter Ebony Echo Eden Elder Else England Eve Ever Faith Farmer Fay Feather Ferry Field Fisher Florence Ford Forest
    Foster Fox France Frank Freed Freedom Friend Frost Funk Gale Gardener Garden Gay Gene General Genesis German Georgia Gift
    Ginger Glen Glory Gold Golden Good Grace Grand Grant Gray Green Guy Hand Harbor Harmony Hart Harvest Haven Hazel Heath
    Heather Heaven Henna Hill Hills Holly Home Honey Hope House Houston Hudson Hunt Hunter Ice India Iris Israel Ivory Ivy
    Jade Jasmine Jay Jersey Jet Jewel Job Jordan Journey Joy Judge June Justice Kansas Kent King Kitty Knight Lake Lance
    Land Lane Lang Large Lark Law Lee Lily Lima Lincoln Lind Lion Little London Long Lord Lot Love Low Lucky Madison Major
    Malta Mark Marks Martin Mary Mason Max Maxim May Mayo Mercy Merit Merry Mia Miles Mill Miller Mills Milan Mint Miracle
    Misty Mo Montana Moon More Moss Nancy Nat Nevada New Nick Nice Noble Noel Norm North Nova Oak Ocean Olive Opal Oral
    Orange Orlando Orion Oxford Pace Page Paige Palma Pansy Paris Park Parker Pat Patience Pearl Penny Pepper Peru Petty Phoenix Piece
    Pierce Pink Piper Pleasant Pope Porter Power Precious Presto Price Priest Prince Princess Prudence Quality Queen Queens
    Rain Randy Raven Ray Reagan Reed Rex Rice Rich Richmond Ridge River Rivers Rob Robin Rock Rocky Roman Rome Roma Rose
    Row Rowe Royal Ruby Rush Russia Rusty Sage Sandy Santa Savannah Scot Sea Season Serenity Set Shade Sharp Shell Sierra
    Silver Sincere Sister Sky Skye Small Smart Smith Snow Soul South Spain Spencer Spring Stanford Star Stark Sterling Stone
    Story Street Strong Sue Summer Summers Sun Sunday Sunny Swan Sweet Swift Sydney Tab Tad Temple Terrace Terra Terry
    Texas Tiger Tom Tower Towne Trace Tree Trey Trinity True Tucker Turner Unique Urban Valentine Van Vernon Victor Victoria Vida
    Viola Violet Virginia Vita Viva Von Wade Walker Walks Wall Ward Waters Wave Way Weaver Webster Wells West White Wilder
    Will Willow Windows Winter Wise Wolf Wood Woods Worth Young Zion Al An As At Be By Do El En Er Ed Go Ha Ho In Is It Jo
    La Le Lo Ma Me Mi My No Of On Or So To Un Us We Du Ja Je Da De Di Das Der Die Den Des Ein Und Auf Aus Bei Bis Mit Nach
    Nur Oder Sie Wir Ich Les Une Sur Par Pour Que Qui Con Del Los Las Por Sin Si Tu Il Lui Li Chi Sun Sim Min Bin Ana Can
    Ever Per Pro Ben Ken Dot Art Ann Mai Jun Nov Sam Tim Pal Fin Gil Lou Man Noa Raj Ram Ron Roy Sid Sol Val Vic
    Fields Hall Wheeler Carpenter Fowler Fuller Harper Palmer Marshall Burns Bowman Freeman Loyal Junior Ally Macy Mack
    Peters Jean Carol Wright Associate Stranger Chapman";

/// Words that begin sentences or are written with capitals, and are nobody's name.
const NO_NAMES: &str = "
    a about above accept access according account accounts across action active actually add added additional address after
    again against ago agree all allow almost alone along already also although always am amount an and android another
    answer any anybody anyone anything app apple application apply appreciate approximately apt are area aren as asap ask
    asked at attached attempt available avenue away back bad bank banking based be became because become been before began
    begin behind being believe below best better between big billing bitte black both box bought boy bring broken build
    building business but buy by call called calling can cancel cannot card care case cash change changed charge charged
    chat check checked christmas city claim clear click close code come coming company complete confirm connect contact continue
    copy correct cost could couldn country couple credit currency current currently customer danke data date day days dear debit
    december declined deal definitely delete delivered delivery department deposit described details did didn different
    direct discount do does doesn doing don done down download dr due during each early east easter eight either else email
    emails end english enough error etc euro even evening ever every everyone everything exactly example except expect
    expected experience explain extra facebook fact fast february feel few fifth file final finally find fine first fix
    floor follow following for form found four free french friday friend from front full further general german get getting
    girl give given gives go god goes going gone good google got great group guys had half hallo happen happened happy hard
    has hasn have haven having he headquarters hello help helpful her here hers hey hi high him his history hold holiday
    home hope hotel hour hours house how however http https i if im immediately important in incident include included incorrect
    information initial inside instead internet into invoice ios ip iphone is isn issue issues it item items its itself
    january july just keep kind know known last late later least leave left legal less let letter like limit line link
    list listed live lives living load local location log login london long longer look looking looks loss lost lot love low
    mail main maintenance make makes making manager many march mastercard maybe me mean meeting member message method might minutes miss
    missing mobile moment monday money month monthly months more morning most mostly move moved moving mr mrs ms much must my
    name named names national near need needed needs neither never new news next night nine no nobody none nor north not note
    nothing notice november now number numbers o october of off offer office often oh ok okay old on once one online only
    open option or order ordered orders other others otherwise our ours out outside over own package page paid part parts
    password past pay paying payment payments paypal people per perhaps person phone pin place plan please plus po point policy
    possible post premium president previous price prime private probably problem process product products profile project
    provide purchase put question questions quick quickly quite rather read ready real really reason receipt receive
    received recent recently red ref reference refund regarding regards regular reply report request required reset resolve
    response rest return returned returns right road room safe said same saturday save saw say says second section security
    see seem seems seen send sending sent september service services set seven several shall shared she ship shipped shipping
    shop should show shows side sign signed since sincerely single sir site six size small so social software some somebody
    someone something soon sorry sort south speak special start started state statement status still stop store street
    subject subscription such suite sunday support sure switch system take taken takes talk tax team technical tell ten
    test than thank thanks that the their them themselves then there these they thing things think third this those though
    three through thursday ticket time times title to today together told tomorrow tonight too took total toward track
    tracking transaction transfer travel tried true try trying tuesday turn twice two type under unfortunately union unit
    united unless until up update updated upon urgent us use used user username using usually valid value verify version very via
    view visa visit wait waiting want wanted warm was wasn watch way we web website wednesday week weekend weekly weeks
    welcome well went were weren west what whatever when where whether which while who whole whom whose why wifi will wish
    with within without won word work working works world would wouldn wrong year years yes yesterday yet you your yours
    yourself zip apartment flat monsieur madame senor herr frau ab aber als auch bin dass dem denn dich dir doch durch er es
    euch euer fur gut haben hat hier ihr ihre ist jetzt kann kein keine konnen machen mehr mein meine mich mir muss nein nicht
    noch nun sehr sein seine sich sind uber um uns vom von vor warum was weil wenn werden wie wird wo zu zum zur aucun avec
    bonjour ce cela ces cette dans elle est et etait etre fait ils mais merci mes mon ne nous ou pas plus quand sa sans se ses
    son sont suis tout tres un vos votre vous y como donde ella ellos esta este esto estoy gracias hay mas mi muy nada pero
    porque puede quiero ser su sus tengo tiene todo una usted ya yo anche ancora che come cosa dove grazie ho loro mio molto
    non per piu quando questo sono sua suo baby brain christ name everybody all everyone folks sirs gentlemen ladies
    god jesus bible internet windows linux microsoft amazon netflix instagram twitter youtube whatsapp samsung spotify
    uber america american british europe european africa asian chinese japanese spanish italian dutch russian indian jan feb
    mar apr jun jul aug sep sept oct nov dec mon tue wed thu fri sat pm est pst cet gmt utc usd eur gbp inc llc ltd gmbh api
    url html pdf csv json sms faq vip ceo cto hr it tv pc vpn dns ssn iban dob sku";
