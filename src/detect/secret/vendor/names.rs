//! The names of vendors with keys, in lower case, letters and digits alone.

pub(in super::super) const ALL: &[&str] = &[
    // Clouds, hosting, networks
    "aws amazon azure gcp google googlecloud googlemaps digitalocean linode akamai vultr hetzner ovh ovhcloud
    scaleway upcloud exoscale contabo kamatera equinix packet rackspace softlayer ibmcloud oracle oraclecloud oci
    alibaba aliyun tencent tencentcloud huawei baidu volcengine yandex selectel cloudflare fastly bunnycdn
    keycdn stackpath cachefly gcore imperva incapsula cloudfront netlify vercel render railway heroku flyio
    northflank koyeb zeabur platformsh pantheon wpengine kinsta cloudways zeit surge firebase backblaze
    wasabi storj dnsimple namecheap godaddy gandi namecom dnspod porkbun buddyns noip duckdns easydns
    ns1 constellix cloudns dynu netcup civo opennebula nutanix vmware vsphere tailscale zerotier ngrok
    twingate cloudamqp cloudmqtt pusher ably pubnub stackhero borgbase rsync tarsnap imgix imagekit cloudinary
    uploadcare filestack transloadit fileio filepicker tinypng tinify kraken cloudconvert convertapi zamzar
    conversiontools pdfshift pdfmonkey docraptor apitemplate bannerbear placid htmlcsstoimage urlbox browshot
    screenshotapi screenshotlayer apiflash thumbnailws restpack browserless scrapingbee scrapingant
    scraperapi scraperbox scrapestack scrapeowl scrapfly scrapin zenrows zenscrape webscraper webscraping
    webscrapingai crawlbase proxycrawl proxyscrape brightdata oxylabs smartproxy apify diffbot parsehub
    parseur docparser mailparser diggernaut dexi importio serpapi serpstack serphouse valueserp scaleserp
    dataforseo zyte scrapinghub phantombuster userstack ipstack ipapi ipinfo ipify ipgeolocation ipdata
    ipregistry ip2location geoipify geoapify",
    // Code, integration, quality, registries
    "github gitlab bitbucket gitea gitee codeberg gogs sourcehut gerrit phabricator sourcegraph circleci
    travis travisci jenkins teamcity bamboo buildkite drone droneci semaphore semaphoreci appveyor bitrise
    codemagic codeship wercker buddy codefresh harness spinnaker argocd octopus octopusdeploy concourse
    woodpecker cirrusci netlifycms codecov coveralls codacy codeclimate deepsource sonar sonarqube sonarcloud
    scrutinizer scrutinizerci snyk whitesource mend veracode checkmarx fossa blackduck semgrep stackhawk
    detectify probely intruder acunetix qualys tenable nessus rapid7 artifactory jfrog nexus sonatype
    cloudsmith packagecloud gemfury myget nuget npm npmjs pypi rubygems crates cratesio packagist dockerhub
    docker quay clojars hexpm cocoapods conda anaconda maven versioneye librariesio terraform pulumi
    spacelift env0 scalr ansible chef puppet saltstack vagrant vagrantcloud hashicorp vault consul nomad doppler
    infisical akeyless onepassword bitwarden lastpass dashlane keeper cyberark conjur beyondtrust thycotic
    browserstack saucelabs lambdatest crossbrowsertesting percy applitools cypress testrail testlodge qase
    loadmill blazemeter loaderio gatling apimetrics runscope postman insomnia stoplight swaggerhub readme
    rapidapi mashape kong tyk apigee mulesoft anypoint wso2 launchdarkly optimizely split splitio flagsmith
    statsig configcat unleash growthbook rollout figma sketch invision zeplin abstract marvel framer webflow
    lokalise crowdin phrase poeditor transifex localise smartling weblate onesky wakatime codepen glitch replit
    stackblitz expo appcenter fastlane testflight testfairy instabug bugherd bugsee shake crashlytics kubernetes
    rancher openshift portainer weave wandb mlflow comet neptune clearml dvc dagshub kaggle gitter gist getgist
    pastebin dotenv codequiry stackexchange stackoverflow atlassian confluence jira trello opsgenie statuspage",
    // Models, data, search
    "openai azureopenai anthropic claude cohere ai21 huggingface huggingfacehub replicate mistral groq xai grok
    perplexity fireworks fireworksai together togetherai deepseek cerebras sambanova nvidia ngc jina voyage
    voyageai stability stabilityai stablediffusion midjourney leonardo runway ideogram elevenlabs playht
    murf resemble assemblyai deepgram gladia speechmatics revai rev otter voicegain sonix happyscribe deepl
    moonshot zhipu qwen dashscope minimax baichuan langsmith langchain langfuse helicone portkey openrouter
    litellm baseten modal runpod lambdalabs paperspace vastai anyscale octoai tavily exa serper firecrawl brave
    bravesearch kagi mem0 pinecone weaviate qdrant zilliz milvus chroma llamacloud unstructured clarifai
    imagga sightengine moderation hive cloudsight cloudmersive aylien meaningcloud paralleldots monkeylearn
    textrazor dandelion detectlanguage eden edenai nlpcloud wit witai dialogflow rasa lex botpress chatbot
    voiceflow kore oopspam wolfram wolframalpha databricks snowflake redshift bigquery synapse dremio
    starburst trino clickhouse firebolt singlestore planetscale supabase neon xata turso cockroachdb
    yugabyte aiven timescale tidb upstash redis redislabs rediscloud memcachier mongodb mongo atlas couchbase
    cloudant couchdb faunadb fauna cassandra datastax astra scylla neo4j arangodb dgraph tigergraph influxdb
    influx questdb elastic elasticsearch opensearch bonsai searchbox algolia meilisearch typesense swiftype
    solr constructor coveo confluent kafka redpanda pulsar rabbitmq nats airtable baserow nocodb grist
    airbyte fivetran stitch stitchdata matillion hevo rivery dbt hightouch census segment rudderstack mparticle
    snowplow tealium prefect dagster airflow astronomer metabase looker tableau powerbi qlik sisense domo
    mode redash superset preset hex retool appsmith geckoboard databox klipfolio cumulio chartio chartmogul
    baremetrics profitwell quandl nasdaq nasdaqdatalink datagov rockset rockerbox prisma hasura tinybird
    motherduck tabular kubit heap fullstory",
    // What watches systems and people
    "datadog newrelic dynatrace appdynamics splunk signalfx sumologic loggly papertrail logentries logdna
    mezmo logzio logtail betterstack betteruptime graylog coralogix humio lightstep honeycomb grafana
    grafanacloud prometheus instana scoutapm skylight appsignal sentry rollbar bugsnag airbrake honeybadger
    raygun trackjs logrocket fullcontact hotjar mouseflow smartlook crazyegg amplitude mixpanel heapanalytics
    posthog plausible fathom matomo piwik kissmetrics woopra keen keenio pendo gainsight appcues userpilot
    userflow intercom pingdom uptimerobot statuscake checkly checklyhq freshping site24x7 updown
    healthchecks cronitor deadmanssnitch pagerduty victorops xmatters squadcast incidentio firehydrant rootly
    statuspal instatus gtmetrix dareboost speedcurve webpagetest sematext semrush ahrefs moz majestic
    similarweb spyfu serpwoo builtwith wappalyzer shodan censys virustotal urlscan abuseipdb greynoise
    securitytrails alienvault otx misp crowdstrike sentinelone carbonblack hybridanalysis intezer whoxy
    whoisxml whoisxmlapi domaintools riskiq binaryedge zoomeye fofa leakix hunter hunterio haveibeenpwned hibp
    dehashed intelx pulsedive threatstream recordedfuture anomali phishtank safebrowsing metadefender
    tines torq cortex wiz lacework orca sysdig aqua twistlock prismacloud",
    // Payments, banking, trading
    "stripe paypal braintree square squareup adyen checkout mollie klarna affirm afterpay razorpay paytm payu
    phonepe cashfree instamojo flutterwave paystack mpesa monnify interswitch mercadopago pagseguro pagarme
    pagarmeapi iugu conekta openpay culqi ebanx dlocal rapyd payoneer wise transferwise revolut remitly
    worldpay sagepay opayo authorizenet cybersource bluesnap 2checkout twocheckout fastspring paddle gumroad
    lemonsqueezy chargebee recurly zuora chargify maxio chargeover moonclerk billsby gocardless
    plaid yodlee finicity teller truelayer tink saltedge nordigen belvo dwolla synapsefi unit increase column
    moov moderntreasury treasuryprime galileo marqeta lithic privacy privacycom ramp brex mercury expensify
    quickbooks intuit xero freshbooks freeagent waveapps sage zohobooks myob kashflow invoiceninja
    coinbase binance kraken bitfinex bitmex bitstamp bittrex kucoin okx okex huobi bybit gemini ftx deribit
    poloniex gateio cryptocom blockchain blockcypher blockfrost blockdaemon infura alchemy quicknode moralis
    ankr etherscan bscscan polygonscan ethplorer covalent nownodes tatum chainstack getblock thegraph opensea
    coinmarketcap coingecko coinapi coinlayer coinlib cryptocompare nomics messari glassnode bitcoinaverage
    polygon alphavantage iexcloud finnhub twelvedata marketstack tiingo intrinio eodhd eod stockdata
    financialmodelingprep fmp quodd barchart tradier alpaca oanda interactivebrokers robinhood etrade
    fixer fixerio currencylayer currencyscoop openexchangerates exchangerate exchangerateapi exchangerates
    exchangeratesapi currencyapi freecurrencyapi vatlayer vatsense taxjar avalara avatax requestfinance",
    // Shops, shipping, travel, places, weather
    "shopify bigcommerce woocommerce magento prestashop ecwid squarespace wix weebly snipcart swell
    commercelayer commercetools saleor medusa etsy ebay walmart target bestbuy aliexpress rakuten flipkart
    shippo easypost shipengine shipstation shipday sendcloud aftership parcelab trackingmore ups fedex usps dhl
    postmates doordash ubereats uber lyft grab bolt onfleet routific circuit samsara geotab mapbox maptiler
    tomtom hereapi here heremaps bing bingmaps esri arcgis opencage geocodio geocode geocodify geocodeapi
    locationiq positionstack smarty smartystreets mapquest openrouteservice graphhopper what3words foursquare
    yelp tripadvisor amadeus sabre skyscanner kiwi duffel travelport hotelbeds expedia booking airbnb
    ticketmaster eventbrite seatgeek songkick bandsintown tickettailor bizzabo openweather openweathermap owm
    weatherapi weatherstack weatherbit accuweather darksky climacell tomorrowio visualcrossing meteomatics
    stormglass aerisweather worldweather openuv ambee airvisual aqicn iqair breezometer flightaware flightlabs
    flightstats aviationstack airlabs adsbexchange carboninterface climatiq patch calendarific holidayapi
    abstractapi timezoneapi timezonedb zipcodeapi zipcodebase zipcodestack getgeoapi besttime sportradar
    sportsmonk sportmonks sportsdb apifootball allsports apisports theoddsapi oddsapi rawg igdb giantbomb steam
    riot riotgames blizzard battlenet fortnite pubg faceit twitch",
    // Messages, mail, calls, social
    "slack discord telegram whatsapp line viber wechat weixin dingtalk feishu lark mattermost rocketchat zulip
    webex zoom msteams teams matrix element guilded twilio vonage nexmo plivo telnyx bandwidth sinch messagebird
    bird infobip clickatell clicksend textmagic textlocal textbelt smsapi bulksms voodoosms bulkgate signalwire
    signalwired africastalking msg91 kaleyra gupshup netcore pepipost tyntec apifonica esendex burstsms
    justcall aircall ringcentral dialpad callrail calltrackingmetrics openphone agora livekit daily
    tokbox opentok wherby whereby jitsi mux vimeo wistia youtube brightcove jwplayer cloudflarestream mesibo
    sendbird getstream stream pusherbeams onesignal pushwoosh pushover pushbullet pushengage airship
    urbanairship braze iterable leanplum clevertap moengage webengage batch kumulos wonderpush courier knock
    novu magicbell sendgrid mailgun mailchimp mandrill mailjet mailjetsms postmark postageapp sparkpost
    sendinblue brevo resend mailersend mailerlite mailtrap mailmodo elastic elasticemail smtp2go socketlabs
    pepipostapi customerio klaviyo omnisend drip convertkit activecampaign aweber getresponse moosend
    campaignmonitor constantcontact benchmark emailoctopus beehiiv substack ghost buttondown sendy sendpulse
    vero autopilot autoklose lemlist mailshake mixmax reply replyio outreach salesloft yesware woodpeckerco
    nylas kloudless zerobounce neverbounce kickbox bouncer emaillistverify mailboxvalidator debounce hunterapi
    voilanorbert snovio getemail getemails getprospect anymailfinder clearout clearbit twitter facebook fb
    instagram linkedin pinterest reddit tumblr tiktok snapchat youtubeapi flickr unsplash pexels pixabay giphy
    tenor gyazo imgur deviantart spotify soundcloud lastfm deezer musixmatch genius audd shazam disqus hootsuite
    buffer sproutsocial later bitly rebrandly tinyurl tly shortio cuttly ayrshare blogger wordpress medium
    devto hashnode survicate",
    // Customers, work, documents, people, identity
    "salesforce hubspot pipedrive zoho zohocrm freshsales freshdesk freshworks freshservice zendesk helpscout
    helpcrunch front frontapp gorgias kustomer kayako groove groovehq drift crisp tawk tawkto livechat
    liveagent olark userlike tidio smartsupp landbot manychat chatfuel instabot flowxo tars copper capsule
    capsulecrm insightly streak nutshell close closeio agilecrm keap infusionsoft ontraport vtiger bitrix24
    sugarcrm teamwork teamworkcrm teamworkdesk teamworkspaces centralstationcrm centralstation salesflare
    salesblink salescookie salesmate overloop madkudu apollo apolloio zoominfo lusha rocketreach peopledatalabs
    proxycurl pipl notion coda asana monday clickup linear wrike basecamp todoist ticktick meistertask
    mindmeister height shortcut clubhouse pivotal pivotaltracker targetprocess aha productboard canny uservoice
    prodpad roadmunk miro mural lucid lucidchart smartsheet quip evernote nozbe nozbeteams workstack goodday everhour
    harvest toggl toggltrack clockify timecamp timely hubstaff rescuetime myintervals avaza mavenlink kantata
    float resourceguru calendly calcom acuity doodle savvycal youcanbook docusign hellosign dropboxsign pandadoc
    signnow signable signaturit juro ironclad contractbook docspring formstack jotform typeform
    surveymonkey qualtrics qualaroo delighted simplesat nicereply asknicely wootric survicateapi formcraft paperform
    formbucket formspree getform feedier feefo trustpilot yotpo loox stamped reviewsio powrbot
    dropbox box onedrive googledrive mega pcloud egnyte sharefile contentful contentstack sanity prismic
    storyblok dato datocms hygraph graphcms buttercms strapi directus cosmic cosmicjs kontent ditto airship
    workday bamboohr gusto rippling deel remote personio hibob namely adp paychex zenefits greenhouse lever
    workable recruitee smartrecruiters ashby breezy jobvite checkr sterling goodhire persona onfido jumio veriff
    sumsub trulioo socure alloy okta auth0 onelogin pingidentity pingone jumpcloud duo authy clerk stytch descope
    frontegg workos supertokens fusionauth keycloak loginradius gigya magic magiclink web3auth passbase
    recaptcha hcaptcha turnstile funcaptcha arkose anticaptcha 2captcha twocaptcha captchasolver zapier make
    integromat n8n pipedream tray workato ifttt parabola bardeen paragon merge finch codat rutter apideck
    nango unified kombo tefter rentman clustdoc clientary dovico paydirt paydirtapp caflou kanbantool stormboard
    linkpreview iconfinder fontawesome shutterstock istock gettyimages depositphotos vectorstock freepik canva
    teletype squarespaceapi signupgenius simplynoted simvoly livestorm gotowebinar gotomeeting hopin bigmarker
    fulcrum collect2 holistic bulbul particle particleio thingsboard thingspeak adafruit blynk arduino ubidots
    losant helium tuya smartthings nest ecobee philipshue wemo ecostruxureit netatmo fitbit garmin strava withings
    oura whoop healthgraphics edamam spoonacular nutritionix fatsecret calorieninja calorieninjas apininjas
    nasa noaa usda fda openfda newsapi newscatcher mediastack nytimes guardian gnews currents bbc pollsapi
    languagelayer wordnik merriamwebster oxforddictionaries yandextranslate dictionaryapi datamuse urbandictionary
    lunchmoney ynab tosdr raven tpa formio vbout metrilo extractorapi nimble optimizelyapi eraser beamer
    impala squadcastfm vouchery voucherify talonone smile loyaltylion referralhero rewardful",
    // Others
    "abyssale adafruitio adobe adzuna aeroworkflow alconost alegra aletheiaapi apacta api2cart apilayer apimatic
    appfollow appointedd appoptics appsynergy apptivo artsy atera autodesk axonaut beebole besnappy billomat bitbar
    blitapp blocknative bombbomb boostnote brandfetch budibase campayn cannyio captaindata cashboard caspio cexio
    checkvist cicero clickhelp cliengo clinchpad clockworksms closecrm cloudelements cloudimage cloudplan cloverly
    cloze commercejs companyhub convier copyscape countrylayer craftmypdf currencycloud currencyfreaks currentsapi
    customerguru d7network datafire deepai demio deputy dfuse dnscheck documo dotdigital dronahq duply dynalist
    dyspatch eagleeyenetworks easyinsight 8x8 eightxeight enablex endorlabs enigma exportsdk faceplusplus fastforex
    fetchrss fibery finage findl flatio fleetbase flightapi flowflu fmfw formsite frameio fxmarket gengo getsandbox
    gocanvas guardianapi guru hiveage html2pdf humanity hybiscus hypertrack iexapis interseller intra42
    invoiceocean ipinfodb ipquality ipqualityscore kanban karmacrm knapsackpro kylas larksuite leadfeeder lendflow
    lessannoyingcrm lexigram linemessaging linenotify lob loyverse luno m3o magnetic mailboxlayer mailsac maxmind
    meraki metaapi mite mockaroo mrticktock myfreshworks nethunt netsuite neutrinoapi nftport nightfall noticeable
    numverify nvapi onedesk onepagecrm onwaterio opencagedata openvpn owlbot pandascore partnerstack paymoapp paymo
    paymongo pdflayer photoroom pinata planviewleankit leankit planyo podio prospectcrm protocolsio purestake
    qubole reachmail reallysimplesystems rechargepayments recharge refiner repairshopr revampcrm ritekit roaring
    route4me rownd runrunit satismeter selectpdf sentiment sheety sherpadesk shotstack sigopt simfin sirv siteleaf
    skrapp skybiometry smartsheets smooch speechtextai splunkobservability sslmate storecove storychief stripo
    sugester supernotes surveyanyplace surveybot surveysparrow tallyfy tatumio teamgate terraformcloud testingbot
    text2data thinkific thousandeyes tineswebhook tmetric tokeet travelpayouts twist typetalk uclassify unifyid
    unplugg upcdatabase uplead upwave verimail veriphone viewneo vpnapi vyte walkscore web3storage websitepulse
    worksnaps worldcoinindex youneedabudget yousign zenkit zenkitapi zenserp zipapi zipbooks zonkafeedback zonka
    zulipchat atlan authlete bunny cable castai cdek chime cognito contentsquare cratedb curseforge datarobot deno
    flexport forestadmin fusebill gamesparks gitbook heygen ionos kaltura kickstarter kinde kintone komodor
    laravelforge forge ploi envoyer lightspeed linkup livechatinc localytics logicmonitor logmein mambu mailinator
    mapillary maestro mergify metronome microcms mailosaur mailslurp moesif monzo narvar nextdns noibu nextcloud
    octoprint ongage optimove owncloud pairaphrase payhere paytrail pipefy podium pocketsmith printful printify
    prodigi proofpoint quickbase raken recombee replicated rocketlane roboflow runware sapling sauce scrapingdog
    shipbob shiphero skedulo smartcar snaplogic spotinst starling stedi stigg sunsama svix teamviewer telestream
    thinkst threatconnect trengo turnkey veem wallarm whatcounts whispir wufoo zenvia canarytokens pangea ory",
];

/// Those of the names that are common words as well, or much else than vendors with keys.
pub(in super::super) const COMMON: &str = "packet oracle render surge kraken packer travis bamboo buddy drone semaphore octopus spinnaker
    concourse woodpecker mend probely nexus conda docker npm nuget maven gitlab github pypi crates quay clojars puppet chef vault consul
    nomad keeper cypress percy expo shake split rollout sketch abstract phrase glitch kubernetes rancher
    weave comet neptune wit hive moderation dandelion eden brave copper atlas mongo elastic searchbox constructor solr kafka
    pulsar nats stitch census segment prefect dagster airflow looker mode preset hex heap skylight sentry keen drip front groove
    close crisp capsule streak linear height shortcut quip harvest float box mega magic clerk make tray merge line element
    matrix teams signal bird stream batch courier knock drift later medium ghost buffer unit column increase mercury
    moov wise sage square affirm wave checkout binance polygon gemini nest bolt uber lift lyft grab circuit patch
    target steam riot here bing react unified lever deel remote duo copper split sonar sonarqube imperva google amazon aws azure
    gcp oci fb line kong bonsai aqua falcon mux daily vero reply bouncer smile particle impala react nimble eraser
    currents guardian bbc fda nasa noaa node git gitea gitee bitbucket gerrit jenkins jira stackoverflow youtube slack
    facebook twitter linkedin instagram apple stripe paypal adobe cicero deputy enigma guru humanity magnetic mite
    noticeable recharge refiner roaring sentiment twist kanban bunny cable chime cognito deno forge lightspeed maestro
    metronome openvpn podium replicated sapling sauce starling turnkey astra autodesk nextcloud owncloud canarytokens";
